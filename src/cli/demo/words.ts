/** Words that the picture and the plain lines share. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../base/index.js';
import { duration, plural } from '../table.js';
import type { BenView } from './view.js';

/** `08:05` @param time story ms since midnight. */
export function timeOfDay(time: number): string {
  const minutes = Math.floor((time % DAY_MS) / MINUTE_MS);
  return [Math.floor(minutes / (HOUR_MS / MINUTE_MS)), minutes % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `62 %`: never 0 or 100, which would be certainties. */
export function percent(confidence: number): string {
  return `${Math.min(99, Math.max(1, Math.round(confidence * 100)))} %`;
}

/** `heard 25 min ago, 2 hops` */
export function heard({ heardAgoMs, hops }: BenView): string {
  return heardAgoMs === undefined ? 'never heard of' : `heard ${duration(heardAgoMs)} ago, ${plural(hops, 'hop')}`;
}
