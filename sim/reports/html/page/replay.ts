/** The animated replay: its controls, its clock and what it says. Stands on its own: see ../script.ts. */
import type { Document, Element, PageEvent, Window } from './dom.js';
import type { Colours, Moment } from './painter.js';
import type { Parts } from './parts.js';
import type { Replay } from './types.js';

export interface ReplayPage {
  /** The colours or the size of the page changed. */
  refresh(): void;
}

export function replay(
  parts: Parts,
  page: Document,
  window: Window,
  run: Replay,
  coloursNow: () => Colours,
): ReplayPage {
  const find = (id: string): Element => {
    const found = page.getElementById(id);
    if (found === null) throw new Error(`the page has no #${id}`);
    return found;
  };
  const [canvas, play, scrubber, clock] = [find('mesh'), find('play'), find('time'), find('clock')];
  const [speed, choice, status, journey] = [find('speed'), find('message'), find('status'), find('journey')];
  const context = canvas.getContext('2d');
  if (context === null) return { refresh: () => {} };

  const written = parts.written();
  const tracks = parts.tracks(run.paths);
  const mesh = parts.meshState(run.shown.length, run.contacts, run.power);
  const journeys = parts.journeys(run.events, run.messages);
  const camera = parts.camera(tracks.bounds);
  const paint = parts.painter(context, tracks);

  // Nodes have a number in the run, and a place among those that are shown.
  const total = run.groups.reduce((sum, { count }) => sum + count, 0);
  const placeOf = new Int32Array(total).fill(-1);
  for (const [place, node] of run.shown.entries()) placeOf[node] = place;
  const groupOf = (node: number): readonly [group: number, member: number] => {
    let first = 0;
    for (const [group, { count }] of run.groups.entries()) {
      if (node < first + count) return [group, node - first];
      first += count;
    }
    return [0, node];
  };
  const nameOf = (node: number): string => {
    const [group, member] = groupOf(node);
    return `${run.groups[group]?.name ?? 'node'}-${member + 1}`;
  };
  const groups = run.shown.map((node) => groupOf(node)[0]);

  let time = 0;
  let isPlaying = false;
  let isDue = false;
  let drawnAt: number | undefined;
  let chosen = -1;
  let pointedAt: number | undefined;
  let colours = coloursNow();

  const moment = (): Moment => {
    const message = run.messages[chosen];
    const holders = new Map<number, number>();
    for (const [node, since] of message === undefined ? [] : journeys.holders(chosen, time)) {
      const place = placeOf[node] ?? -1;
      if (place >= 0) holders.set(place, since);
    }
    return {
      time,
      nodes: run.shown.length,
      links: mesh.links,
      isOff: mesh.isOff,
      groupOf: (place) => groups[place] ?? 0,
      nameOf: (place) => nameOf(run.shown[place] ?? 0),
      message: message && {
        from: placeOf[message.from] ?? -1,
        to: placeOf[message.to] ?? -1,
        isDelivered: message.deliveredS !== undefined && time >= message.deliveredS * 10,
        holders,
        carriages: journeys.carriages(chosen).map(({ node, ...span }) => ({ ...span, node: placeOf[node] ?? -1 })),
      },
      pointedAt,
      echo: Math.max(1, Number(speed.value) * 8),
    };
  };

  const say = (): void => {
    const now = written.clock(time / 10);
    clock.textContent = now;
    scrubber.value = String(Math.round(time));
    scrubber.setAttribute('aria-valuetext', now);
    const message = run.messages[chosen];
    const links = `${mesh.links.size} ${mesh.links.size === 1 ? 'link' : 'links'}`;
    if (message === undefined) {
      status.textContent = links;
      return;
    }
    const copies = journeys.holders(chosen, time).size;
    const word =
      time < message.createdS * 10
        ? 'not written yet'
        : message.receiptS !== undefined && time >= message.receiptS * 10
          ? 'delivered, and its author knows'
          : message.deliveredS !== undefined && time >= message.deliveredS * 10
            ? 'delivered'
            : 'on its way';
    status.textContent = `${links}; ${message.id} is ${word}; ${copies} ${copies === 1 ? 'node has' : 'nodes have'} it`;
  };

  const draw = (): void => {
    mesh.seek(time);
    paint(moment(), camera.view, colours);
    say();
  };

  const step = (nowMs: number): void => {
    isDue = false;
    if (isPlaying) {
      // A page in the background is not called for long: what it missed is not made up for.
      const passedMs = drawnAt === undefined ? 0 : Math.min(100, nowMs - drawnAt);
      drawnAt = nowMs;
      time = Math.min(run.end, time + (passedMs / 100) * Number(speed.value));
      if (time >= run.end) setPlaying(false);
    }
    draw();
    if (isPlaying) request();
  };
  const request = (): void => {
    if (isDue) return;
    isDue = true;
    window.requestAnimationFrame(step);
  };
  const setPlaying = (on: boolean): void => {
    if (on && time >= run.end) time = 0;
    isPlaying = on;
    drawnAt = undefined;
    play.textContent = on ? 'Pause' : 'Play';
    request();
  };
  /** Just after it has happened. */
  const after = (atS: number): number => Math.floor(atS * 10) + 1;
  const goTo = (to: number): void => {
    time = Math.max(0, Math.min(run.end, to));
    request();
  };

  const jump = (atS: number, text: string): Element => {
    const item = page.createElement('li');
    const button = page.createElement('button');
    button.setAttribute('type', 'button');
    button.textContent = written.clock(atS);
    button.addEventListener('click', () => goTo(after(atS)));
    item.append(button, ` ${text}`);
    return item;
  };

  const choose = (index: number): void => {
    chosen = index;
    choice.value = String(index);
    const message = run.messages[index];
    if (message === undefined) {
      journey.replaceChildren();
      return request();
    }
    const { createdS, deliveredS, receiptS, oracleS } = message;
    const items = [
      jump(
        createdS,
        `${nameOf(message.from)} writes to ${nameOf(message.to)}, ${written.value('bytes', message.sizeBytes)}`,
      ),
    ];
    const ways = journeys.carriages(index);
    for (const [at, { node, to }] of ways.entries()) {
      const taker = ways[at + 1]?.node ?? message.to;
      items.push(jump(to / 10, `${nameOf(node)} hands it to ${nameOf(taker)}`));
    }
    if (deliveredS !== undefined)
      items.push(
        jump(
          deliveredS,
          `delivered after ${written.span(deliveredS - createdS)}, ${message.copies} copies made in all`,
        ),
      );
    else items.push(jump(run.end / 10, `not delivered by the end, ${message.copies} copies made`));
    if (receiptS !== undefined) items.push(jump(receiptS, `${nameOf(message.from)} knows`));
    if (oracleS === undefined) items.push(jump(run.end / 10, 'no contacts led to its recipient in time'));
    else
      items.push(
        jump(oracleS, `the earliest that contacts allowed, ${written.span(oracleS - createdS)} after it was written`),
      );
    journey.replaceChildren(...items);
    request();
  };

  const isNear = (place: number, x: number, y: number): number => {
    tracks.place(place, time);
    const { scale, left, top } = camera.view;
    return Math.hypot(left + tracks.x * scale - x, top + tracks.y * scale - y);
  };
  const pointAt = (x: number, y: number): void => {
    let nearest = 14;
    pointedAt = undefined;
    for (let place = 0; place < run.shown.length; place++) {
      const distance = isNear(place, x, y);
      if (distance >= nearest) continue;
      nearest = distance;
      pointedAt = place;
    }
    request();
  };

  const keys: Readonly<Record<string, () => void>> = {
    ' ': () => setPlaying(!isPlaying),
    ArrowRight: () => goTo(time + run.end / 200),
    ArrowLeft: () => goTo(time - run.end / 200),
    Home: () => goTo(0),
    End: () => goTo(run.end),
    n: () => choose(chosen + 1 < run.messages.length ? chosen + 1 : -1),
    p: () => choose(chosen < 0 ? run.messages.length - 1 : chosen - 1),
    '+': () => zoom(1.4),
    '-': () => zoom(1 / 1.4),
    '0': () => {
      camera.showAll();
      request();
    },
  };
  const zoom = (factor: number, x = camera.view.width / 2, y = camera.view.height / 2): void => {
    camera.zoom(factor, x, y);
    request();
  };
  canvas.addEventListener('keydown', (event: PageEvent) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener('pointermove', ({ buttons, movementX, movementY, offsetX, offsetY }) => {
    if (buttons === 1) camera.pan(movementX, movementY);
    pointAt(offsetX, offsetY);
  });
  // With a modifier, so that scrolling past the picture does not change it.
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  play.addEventListener('click', () => setPlaying(!isPlaying));
  scrubber.addEventListener('input', () => goTo(Number(scrubber.value)));
  choice.addEventListener('change', () => choose(Number(choice.value)));
  for (const [id, key] of [
    ['nearer', '+'],
    ['farther', '-'],
    ['whole', '0'],
    ['previous', 'p'],
    ['next', 'n'],
  ] as const) {
    find(id).addEventListener('click', () => keys[key]?.());
  }

  const refresh = (): void => {
    colours = coloursNow();
    const ratio = Math.max(1, window.devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (width !== camera.view.width || height !== camera.view.height) camera.resize(width, height);
    request();
  };
  refresh();

  // The message with the longest journey is worth a first look.
  let first = -1;
  for (const [index, { path }] of run.messages.entries()) {
    if ((path?.length ?? 0) > (run.messages[first]?.path?.length ?? 0)) first = index;
  }
  choose(first);
  goTo(first < 0 ? 0 : after(run.messages[first]?.createdS ?? 0));
  return { refresh };
}
