export const DISASTER = `# After a storm: people at shelters, helpers on foot, an ambulance, laptops that fail and clocks that are wrong.
name: disaster
description: Three shelters after a storm, helpers and an ambulance between them
duration: 24 h
seed: 1
world: { width: 6 km, height: 4 km }
radios:
  wifi: { range: 70 m, bandwidth: 500 kB/s, latency: 10 ms, setup: 4 s, loss: 5 %, breaks: 4/h }
groups:
  shelter-1: { count: 14, mobility: { model: cluster, centre: [1 km, 1 km], radius: 60 m, speed: 0.3..1 m/s, pause: 5..60 min } }
  shelter-2: { count: 14, mobility: { model: cluster, centre: [5 km, 1 km], radius: 60 m, speed: 0.3..1 m/s, pause: 5..60 min } }
  shelter-3: { count: 14, mobility: { model: cluster, centre: [3 km, 3 km], radius: 60 m, speed: 0.3..1 m/s, pause: 5..60 min } }
  helpers: { count: 8, mobility: { model: random-waypoint, speed: 0.8..1.5 m/s, pause: 1..15 min } }
  ambulance:
    count: 1
    mobility:
      model: shuttle
      speed: 20..50 km/h
      stay: 5..30 min
      places: [{ at: [1 km, 1 km] }, { at: [5 km, 1 km] }, { at: [3 km, 3 km] }]
traffic:
  - { every: 5 min, size: 50..400 B, end: 20 h }
  - { from: helpers, to: [shelter-1, shelter-2, shelter-3], every: 10 min, size: 100..600 B, end: 20 h }
engine: { strategy: epidemic, quota: 20 MB, lifetime: 12 h }
faults: { crashes: 1/d, down: 5..60 min, clock-error: 2 h }
`;
