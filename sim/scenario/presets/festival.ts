export const FESTIVAL = `# A crowd in one place: everybody is in reach of many, and all of them share the air.
name: festival
description: Sixty people on a fairground for an evening, on one crowded channel
duration: 3 h
seed: 1
world: { width: 400 m, height: 300 m }
radios:
  wifi: { range: 30 m, bandwidth: 250 kB/s, latency: 10 ms, setup: 3 s, loss: 5 %, breaks: 2/h, shared: true }
groups:
  visitors: { count: 50, mobility: { model: random-waypoint, speed: 0.3..1.2 m/s, pause: 2..20 min } }
  stalls: { count: 10, mobility: { model: stationary } }
traffic:
  - { every: 1 min, size: 50..300 B, end: 2.5 h }
engine: { strategy: epidemic, quota: 20 MB, lifetime: 2 h }
`;
