/** The demo's script: scene after scene, who is near whom and what they do. */
import type { Stage } from './stage.js';

export type Villager = 'Ana' | 'Ben';
/** From Ana's house (0) to Ben's (1). */
export type Spot = number;

export interface Scene {
  /** What the reader is told. */
  readonly says: string;
  /** Binta is in reach of one of the two, or walks, in reach of nobody. */
  readonly binta: { readonly with: Villager } | { readonly walksTo: Spot };
  /** Ana writes this to Ben when the scene begins. */
  readonly writes?: string;
  /** How long the scene is, at speed 1. */
  readonly seconds: number;
  /** The scene lasts until this has happened, even when that takes longer. */
  readonly goal?: Goal;
}

export interface Goal {
  /** Reads on after "but": what is said when it does not happen. */
  readonly orElse: string;
  reached(stage: Stage): boolean;
}

const BINTA_HEARD_BEN: Goal = {
  orElse: 'Binta’s laptop did not take up what Ben’s says of him',
  reached: (stage) => hasHeardBen(stage, 'Binta'),
};

const ANA_HEARD_BEN: Goal = {
  orElse: 'Ana did not hear of Ben',
  reached: (stage) => hasHeardBen(stage, 'Ana'),
};

const KEPT: Goal = {
  orElse: 'Ana’s laptop did not keep the message',
  reached: (stage) => stage.message !== undefined,
};

const CARRIED: Goal = {
  orElse: 'Binta’s laptop did not take the message along',
  reached: (stage) => stage.message?.state.state === 'carried',
};

const RECEIPT_ON_ITS_WAY: Goal = {
  orElse: 'the message did not reach Ben',
  reached: (stage) => stage.read.length > 0 && (stage.node('Binta').status().store.byClass.receipts ?? 0) > 0,
};

const DELIVERED: Goal = {
  orElse: 'the receipt did not reach Ana',
  reached: (stage) => stage.message?.state.state === 'delivered',
};

function hasHeardBen(stage: Stage, name: 'Ana' | 'Binta'): boolean {
  const ben = stage.node(name).account.lookup(stage.node('Ben').report.jid);
  return ben?.personId !== undefined && ben.presence.heardAgoMs !== undefined;
}

export const STORY: readonly Scene[] = [
  {
    says: 'Three laptops. Ana’s and Ben’s never meet, and there is no network. Binta is with Ben.',
    binta: { with: 'Ben' },
    seconds: 3,
    goal: BINTA_HEARD_BEN,
  },
  { says: 'Binta packs up and walks over to Ana.', binta: { walksTo: 0.15 }, seconds: 2 },
  {
    says: 'Binta is with Ana. Now Ana’s laptop hears of Ben: his keys, and that he was there a while ago.',
    binta: { with: 'Ana' },
    seconds: 3,
    goal: ANA_HEARD_BEN,
  },
  {
    says: 'Binta is on the road, nobody is near. Ana writes to Ben all the same, and her laptop keeps it.',
    binta: { walksTo: 0.5 },
    writes: 'Shall I bring seedlings on Saturday?',
    seconds: 4,
    goal: KEPT,
  },
  {
    says: 'Binta comes by again. Her laptop takes a copy along; it can’t read it, for it is sealed to Ben.',
    binta: { with: 'Ana' },
    seconds: 3,
    goal: CARRIED,
  },
  {
    says: 'Binta walks to Ben. Ana has heard nothing new of him, so the guess that he is there sinks.',
    binta: { walksTo: 0.85 },
    seconds: 4,
  },
  {
    says: 'Binta is with Ben. He reads it, with the time when Ana wrote it; his laptop signs a receipt.',
    binta: { with: 'Ben' },
    seconds: 3,
    goal: RECEIPT_ON_ITS_WAY,
  },
  {
    says: 'Binta walks back. The receipt has cleared her copy; Ana does not know of it yet.',
    binta: { walksTo: 0.15 },
    seconds: 3,
  },
  {
    says: 'Binta is with Ana again, and so is the receipt: delivered. And Ben was there not long ago.',
    binta: { with: 'Ana' },
    seconds: 3,
    goal: DELIVERED,
  },
];
