/** The engine skips whatever can change nothing; the naive one skips nothing. Their logs have to be the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runNaively } from './naive.js';
import { firstDifference, reportsOf } from './support.js';

const ROUTERS = [
  'EpidemicRouter',
  'SprayAndWaitRouter',
  'ProphetRouter',
  'ProphetV2Router',
  'MaxPropRouter',
  'FirstContactRouter',
  'DirectDeliveryRouter',
  'EpidemicOracleRouter',
];

const movement = fc.constantFrom(
  'Group.movementModel = RandomWaypoint',
  'Group.movementModel = RandomWalk',
  'Group.movementModel = ClusterMovement\nGroup.clusterCenter = 50, 40\nGroup.clusterRange = 35',
  `Group.movementModel = RandomWaypoint
Group2.movementModel = StationaryMovement
Group2.nodeLocation = 40, 40`,
  `Group.movementModel = ShortestPathMapBasedMovement
Group2.movementModel = MapBasedMovement
MapBasedMovement.nrofMapFiles = 1
MapBasedMovement.mapFile1 = map.wkt`,
  `Group.movementModel = WorkingDayMovement
Group.busControlSystemNr = 1
Group.shoppingControlSystemNr = 1
Group.nrOfMeetingSpots = 2
Group.minGroupSize = 1
Group.maxGroupSize = 3
Group.nrOfOffices = 2
Group.officeSize = 10
Group.officeWaitTimeParetoCoeff = 0.5
Group.officeMinWaitTime = 5
Group.officeMaxWaitTime = 60
Group.workDayLength = 60
Group.timeDiffSTD = 30
Group.probGoShoppingAfterWork = 0.7
Group.minAfterShoppingStopTime = 5
Group.maxAfterShoppingStopTime = 40
Group.ownCarProb = 0.3
Group2.movementModel = BusMovement
Group2.routeFile = route.wkt
Group2.routeType = 1
MapBasedMovement.nrofMapFiles = 1
MapBasedMovement.mapFile1 = map.wkt`,
  `Group.movementModel = ShortestPathMapBasedMovement
Group2.movementModel = MapRouteMovement
Group2.routeFile = route.wkt
Group2.routeType = 2
MapBasedMovement.nrofMapFiles = 1
MapBasedMovement.mapFile1 = map.wkt`,
);

/** A grid of streets, 20 m apart, of which one is drawn as lines of many short pieces. */
function streets(): string {
  const lines: string[] = [];
  const line = (places: readonly string[]) => lines.push(`LINESTRING (${places.join(', ')})`);
  const steps = [0, 20, 40, 60, 80];
  for (const y of steps) line(steps.map((x) => `${x} ${y}`));
  for (const x of steps) line(steps.map((y) => `${x} ${y}`));
  line(Array.from({ length: 21 }, (_, i) => `${i * 4} ${i * 4}`));
  return lines.join('\n\n');
}

const FILES: Readonly<Record<string, string>> = { 'map.wkt': streets(), 'route.wkt': 'LINESTRING (0 0, 80 0, 80 80)' };

const scenario = fc
  .record({
    movement,
    router: fc.constantFrom(...ROUTERS),
    queue: fc.constantFrom('FIFO', 'RANDOM'),
    shuffles: fc.boolean(),
    interval: fc.constantFrom(0.1, 0.25, 1, 3),
    hosts: fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 5 })),
    rangeM: fc.constantFrom(5, 10, 20),
    cellFactor: fc.integer({ min: 1, max: 5 }),
    speed: fc.constantFrom('0.5, 1.5', '2, 9', '1, 1', '7'),
    wait: fc.constantFrom('0, 0', '0, 20', '5, 5'),
    buffer: fc.constantFrom('3k', '10k', '2147483647'),
    ttl: fc.constantFrom(-1, 2, 4),
    bytesPerSecond: fc.constantFrom('100', '1k', '1M'),
    messages: fc.constantFrom('3, 9', '10, 30', '1, 2'),
    secondRadio: fc.boolean(),
    deletes: fc.boolean(),
    warmup: fc.constantFrom(0, 50, 33.3),
    seed: fc.integer({ min: 0, max: 1000 }),
  })
  .map(
    (s) => `
Scenario.name = any
Scenario.updateInterval = ${s.interval}
Scenario.endTime = ${s.interval < 1 ? 200 : 900}
Scenario.nrofHostGroups = 2
near.type = SimpleBroadcastInterface
near.transmitSpeed = ${s.bytesPerSecond}
near.transmitRange = ${s.rangeM}
far.type = SimpleBroadcastInterface
far.transmitSpeed = 500
far.transmitRange = 40
Group.groupID = n
Group.router = ${s.router}
Group.sendQueue = ${s.queue}
Group.deleteDelivered = ${s.deletes}
Group.bufferSize = ${s.buffer}
Group.msgTtl = ${s.ttl}
Group.speed = ${s.speed}
Group.waitTime = ${s.wait}
Group.nrofInterfaces = 1
Group.interface1 = near
Group1.nrofHosts = ${s.hosts[0]}
Group2.nrofHosts = ${s.hosts[1]}
Group2.nrofInterfaces = ${s.secondRadio ? 2 : 1}
Group2.interface2 = far
${s.movement}
Events.nrof = 1
Events1.class = MessageEventGenerator
Events1.interval = ${s.messages}
Events1.size = 500, 4k
Events1.hosts = 0, ${s.hosts[0] + s.hosts[1]}
Events1.prefix = M
MovementModel.rngSeed = ${s.seed}
MovementModel.worldSize = 100, 80
MovementModel.warmup = ${s.warmup}
Optimization.cellSizeMult = ${s.cellFactor}
Optimization.randomizeUpdateOrder = ${s.shuffles}
SprayAndWaitRouter.nrofCopies = 5
SprayAndWaitRouter.binaryMode = ${s.shuffles}
ProphetRouter.secondsInTimeUnit = 30
ProphetV2Router.secondsInTimeUnit = 1
Report.nrofReports = 3
Report.report1 = EventLogReport
Report.report2 = MessageStatsReport
Report.report3 = BufferOccupancyReport
`,
  );

describe('what the engine skips', () => {
  it('changes no line of any report', { timeout: 120_000 }, () => {
    const readFile = (path: string): string => FILES[path] ?? '';
    fc.assert(
      fc.property(scenario, (settings) => {
        const fast = reportsOf([settings], { readFile });
        const slow = reportsOf([settings], { readFile, run: runNaively });
        for (const kind of Object.keys(slow)) {
          expect(firstDifference(fast[kind] ?? [], slow[kind] ?? []), kind).toBeUndefined();
        }
      }),
      { numRuns: Number(process.env.HEARSAY_THE_ONE_CASES ?? 60) },
    );
  });
});
