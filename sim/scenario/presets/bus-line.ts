export const BUS_LINE = `# Hamlets along a road, and two buses that carry messages between them.
name: bus-line
description: Five hamlets along a road, two buses
duration: 24 h
seed: 1
world: { width: 20 km, height: 2 km }
radios:
  wifi: { range: 80 m, bandwidth: 1 MB/s, latency: 5 ms, setup: 2 s }
groups:
  buses:
    count: 2
    mobility:
      model: route
      speed: 25..45 km/h
      stop: 2..5 min
      stops: [[1 km, 1 km], [5 km, 1 km], [10 km, 1 km], [15 km, 1 km], [19 km, 1 km]]
  hamlet-1: { count: 8, mobility: { model: cluster, centre: [1 km, 1 km], radius: 200 m, speed: 0.5..1.5 m/s, pause: 1..30 min } }
  hamlet-2: { count: 8, mobility: { model: cluster, centre: [5 km, 1 km], radius: 200 m, speed: 0.5..1.5 m/s, pause: 1..30 min } }
  hamlet-3: { count: 8, mobility: { model: cluster, centre: [10 km, 1 km], radius: 200 m, speed: 0.5..1.5 m/s, pause: 1..30 min } }
  hamlet-4: { count: 8, mobility: { model: cluster, centre: [15 km, 1 km], radius: 200 m, speed: 0.5..1.5 m/s, pause: 1..30 min } }
  hamlet-5: { count: 8, mobility: { model: cluster, centre: [19 km, 1 km], radius: 200 m, speed: 0.5..1.5 m/s, pause: 1..30 min } }
traffic:
  - { from: [hamlet-1, hamlet-2, hamlet-3, hamlet-4, hamlet-5], to: [hamlet-1, hamlet-2, hamlet-3, hamlet-4, hamlet-5], every: 4 min, size: 50..500 B, end: 20 h }
engine: { strategy: epidemic, quota: 50 MB, lifetime: 12 h }
`;
