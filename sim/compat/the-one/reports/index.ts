/** The reports by the names that settings give them. */

import type { Observer } from '../world/observer.js';
import { BufferOccupancyReport } from './buffer-occupancy.js';
import { ConnectivityONEReport, ContactTimesReport, InterContactTimesReport } from './contact-reports.js';
import { EventLogReport } from './event-log.js';
import { CreatedMessagesReport, DeliveredMessagesReport } from './message-lists.js';
import { MessageDelayReport, MessageDeliveryReport } from './message-progress.js';
import { MessageStatsReport } from './message-stats.js';
import type { Report, ReportContext } from './report.js';

export type { Report, ReportContext } from './report.js';

export const REPORTS: ReadonlyMap<string, new (context: ReportContext) => Report & Observer> = new Map<
  string,
  new (
    context: ReportContext,
  ) => Report & Observer
>([
  ['BufferOccupancyReport', BufferOccupancyReport],
  ['ConnectivityONEReport', ConnectivityONEReport],
  ['ContactTimesReport', ContactTimesReport],
  ['CreatedMessagesReport', CreatedMessagesReport],
  ['DeliveredMessagesReport', DeliveredMessagesReport],
  ['EventLogReport', EventLogReport],
  ['InterContactTimesReport', InterContactTimesReport],
  ['MessageDelayReport', MessageDelayReport],
  ['MessageDeliveryReport', MessageDeliveryReport],
  ['MessageStatsReport', MessageStatsReport],
]);
