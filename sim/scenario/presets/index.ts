/** Scenarios to begin with: `hearsay sim init NAME` writes them out, `hearsay sim run NAME` runs them. */
import { BUS_LINE } from './bus-line.js';
import { DISASTER } from './disaster.js';
import { FESTIVAL } from './festival.js';
import { SCHOOL } from './school.js';
import { VILLAGE } from './village.js';

export interface Preset {
  readonly name: string;
  /** YAML, with comments. */
  readonly text: string;
}

export const PRESETS: readonly Preset[] = [
  { name: 'village', text: VILLAGE },
  { name: 'school', text: SCHOOL },
  { name: 'bus-line', text: BUS_LINE },
  { name: 'festival', text: FESTIVAL },
  { name: 'disaster', text: DISASTER },
];
