/** Plays a story on the stage, in real time, and tells a teller what there is to see. */
import { setTimeout as pause } from 'node:timers/promises';
import { HearsayError, SECOND_MS } from '../../base/index.js';
import type { Stage } from './stage.js';
import type { Scene, Spot, Villager } from './story.js';
import { StoryClock } from './story-clock.js';
import { look, type View } from './view.js';

/** Shows the demo to somebody. */
export interface Teller {
  /** The scene's sentence; `now` is the story's time of day in ms. */
  scene(says: string, now: number): void;
  /** How everything stands now. Called many times a second, and whenever a scene ends. */
  show(view: View): void;
  /** Nothing more comes. */
  end(): void;
}

export interface Tempo {
  readonly speed: number;
  readonly tickMs: number;
  readonly signal: AbortSignal;
}

/** What is promised happens within milliseconds; a machine that is busy with other things gets this long. */
const PATIENCE_MS = 20 * SECOND_MS;
const SPOTS: Readonly<Record<Villager, Spot>> = { Ana: 0, Ben: 1 };

/**
 * @throws HearsayError `ERR_DEMO` when something did not happen that the story waits for.
 * @throws the signal's reason.
 */
export async function play(story: readonly Scene[], stage: Stage, teller: Teller, tempo: Tempo): Promise<void> {
  const clock = new StoryClock(stage.squeeze);
  const ben = stage.node('Ben');
  ben.account.setPresence('available', '');
  // Told on the market, written on paper: an address can be added long before its owner is heard of.
  await stage.node('Ana').account.putContact(ben.report.jid, {});
  let spot = firstSpot(story);
  for (const scene of story) {
    teller.scene(scene.says, clock.now());
    const from = spot;
    spot = move(scene, stage);
    const started = performance.now();
    const lengthMs = (scene.seconds * SECOND_MS) / tempo.speed;
    if (scene.writes !== undefined) await stage.write(scene.writes);
    for (;;) {
      const elapsedMs = performance.now() - started;
      const progress = Math.min(1, elapsedMs / lengthMs);
      teller.show(look(stage, clock, from + (spot - from) * progress));
      if (elapsedMs >= lengthMs && scene.goal?.reached(stage) !== false) break;
      if (elapsedMs > lengthMs + PATIENCE_MS) throw new HearsayError('ERR_DEMO', scene.goal?.orElse ?? 'a scene hangs');
      await pause(tempo.tickMs, undefined, { signal: tempo.signal });
    }
  }
}

/** @returns where Binta is at the end of the scene. */
function move({ binta }: Scene, { air }: Stage): Spot {
  for (const villager of ['Ana', 'Ben'] as const) {
    if ('with' in binta && binta.with === villager) air.meet('Binta', villager);
    else air.part('Binta', villager);
  }
  return 'with' in binta ? SPOTS[binta.with] : binta.walksTo;
}

function firstSpot(story: readonly Scene[]): Spot {
  const binta = story[0]?.binta;
  if (binta === undefined) return 0;
  return 'with' in binta ? SPOTS[binta.with] : binta.walksTo;
}
