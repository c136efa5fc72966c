export const SCHOOL = `# A classroom day and the evening after: everybody meets at school, then at home there are only a few neighbours.
name: school
description: A school day in three classes, the playground at noon, home in the evening
duration: 24 h
seed: 1
world: { width: 2 km, height: 2 km }
radios:
  wifi:
    range: 40 m
    bandwidth: 500 kB/s
    latency: 5 ms
    setup: 2 s
    shared: true          # a class of laptops on one channel
groups:
  first-class:
    count: 12
    mobility: &pupil
      model: timetable
      speed: 0.8..1.6 m/s
      pause: 10..40 min
      home: { at: [1000 m, 400 m], radius: 400 m }
      day:
        - { at: '07:40', place: { at: [1000 m, 1600 m], radius: 6 m }, jitter: 10 min }
        - { at: '12:00', place: { at: [1050 m, 1600 m], radius: 30 m } }
        - { at: '13:00', place: { at: [1000 m, 1600 m], radius: 6 m } }
        - { at: '16:00', place: { at: [1000 m, 900 m], radius: 80 m }, jitter: 20 min }
        - { at: '18:30', place: { at: [1000 m, 400 m], radius: 400 m }, jitter: 30 min }
  second-class:
    count: 12
    mobility:
      <<: *pupil
      day:
        - { at: '07:40', place: { at: [1090 m, 1600 m], radius: 6 m }, jitter: 10 min }
        - { at: '12:00', place: { at: [1050 m, 1600 m], radius: 30 m } }
        - { at: '13:00', place: { at: [1090 m, 1600 m], radius: 6 m } }
        - { at: '15:00', place: { at: [1000 m, 400 m], radius: 400 m }, jitter: 30 min }
  teachers:
    count: 3
    mobility:
      <<: *pupil
      home: { at: [300 m, 1000 m], radius: 200 m }
traffic:
  - { every: 3 min, size: 50..500 B, start: 6 h, end: 20 h }
  - { from: teachers, every: 40 min, size: 5..12 kB, start: 8 h, end: 15 h }
engine: { strategy: epidemic, quota: 50 MB, lifetime: 18 h }
`;
