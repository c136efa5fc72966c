export const VILLAGE = `# Four neighbourhoods that no network joins, and people who walk between them.
name: village
description: Four neighbourhoods, walkers between them
duration: 24 h
seed: 1

# Where everybody is. x and y are measured from one corner.
world: { width: 3 km, height: 3 km }

radios:
  wifi:
    range: 60 m
    bandwidth: 1 MB/s     # each way
    latency: 5 ms
    setup: 2 s            # from coming into reach to the first byte
    loss: 1 %             # lost on the air and sent again

# Who is there, and how they move.
groups:
  north:
    count: 8
    mobility: { model: cluster, centre: [1500 m, 2500 m], radius: 150 m, speed: 0.5..1.5 m/s, pause: 1..30 min }
  east:
    count: 8
    mobility: { model: cluster, centre: [2500 m, 1500 m], radius: 150 m, speed: 0.5..1.5 m/s, pause: 1..30 min }
  south:
    count: 8
    mobility: { model: cluster, centre: [1500 m, 500 m], radius: 150 m, speed: 0.5..1.5 m/s, pause: 1..30 min }
  west:
    count: 8
    mobility: { model: cluster, centre: [500 m, 1500 m], radius: 150 m, speed: 0.5..1.5 m/s, pause: 1..30 min }
  walkers:
    count: 3
    mobility:
      model: shuttle
      speed: 1..1.5 m/s
      stay: 20..60 min
      places:
        - { at: [1500 m, 2500 m], radius: 100 m }
        - { at: [2500 m, 1500 m], radius: 100 m }
        - { at: [1500 m, 500 m], radius: 100 m }
        - { at: [500 m, 1500 m], radius: 100 m }

# Who writes to whom: a range is uniform, a single time a mean.
traffic:
  - { every: 8 min, size: 50..500 B, end: 18 h }

engine:
  strategy: epidemic
  quota: 50 MB
  lifetime: 12 h
`;
