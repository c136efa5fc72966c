/** Mobility models: how the nodes of a group move. */
export { recordedPaths } from './recorded.js';
export {
  type Appointment,
  type Place,
  type RouteOptions,
  route,
  type ShuttleOptions,
  shuttle,
  type TimetableOptions,
  timetable,
} from './travelling.js';
export type { Leg, MobilityModel, PathContext } from './types.js';
export type { Point, Span } from './walk.js';
export {
  type ClusterOptions,
  cluster,
  type RandomWalkOptions,
  type RandomWaypointOptions,
  randomWalk,
  randomWaypoint,
  type StationaryOptions,
  stationary,
} from './wandering.js';
