/** A calendar of millions of small events: a binary heap over typed arrays, so that an event costs no object. */

export class EventHeap {
  /** Of the event that was taken last. */
  kind = 0;
  a = 0;
  b = 0;
  versionA = 0;
  versionB = 0;
  #size = 0;
  /** Slots of the events, heap-ordered by time, then by the order of adding. */
  #heap = new Int32Array(1024);
  #time = new Float64Array(1024);
  #order = new Float64Array(1024);
  #fields = new Int32Array(1024 * FIELDS);
  #free: number[] = [];
  #used = 0;
  #added = 0;

  /** Of the first event; `Infinity` when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#time[this.#heap[0] ?? 0] ?? 0);
  }

  add(time: number, kind: number, a: number, b: number, versionA: number, versionB: number): void {
    const slot = this.#free.pop() ?? this.#grow();
    this.#time[slot] = time;
    this.#order[slot] = this.#added++;
    const at = slot * FIELDS;
    this.#fields[at] = kind;
    this.#fields[at + 1] = a;
    this.#fields[at + 2] = b;
    this.#fields[at + 3] = versionA;
    this.#fields[at + 4] = versionB;
    this.#siftUp(this.#size++, slot);
  }

  /** Takes the first event out, into the fields. */
  take(): void {
    const slot = this.#heap[0] ?? 0;
    this.#size -= 1;
    if (this.#size > 0) this.#siftDown(this.#heap[this.#size] ?? 0);
    this.#free.push(slot);
    const at = slot * FIELDS;
    this.kind = this.#fields[at] ?? 0;
    this.a = this.#fields[at + 1] ?? 0;
    this.b = this.#fields[at + 2] ?? 0;
    this.versionA = this.#fields[at + 3] ?? 0;
    this.versionB = this.#fields[at + 4] ?? 0;
  }

  #grow(): number {
    if (this.#used === this.#time.length) {
      const capacity = 2 * this.#used;
      this.#heap = enlarged(this.#heap, new Int32Array(capacity));
      this.#time = enlarged(this.#time, new Float64Array(capacity));
      this.#order = enlarged(this.#order, new Float64Array(capacity));
      this.#fields = enlarged(this.#fields, new Int32Array(capacity * FIELDS));
    }
    return this.#used++;
  }

  #siftUp(hole: number, slot: number): void {
    let at = hole;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = this.#heap[parent] ?? 0;
      if (!this.#before(slot, other)) break;
      this.#heap[at] = other;
      at = parent;
    }
    this.#heap[at] = slot;
  }

  #siftDown(slot: number): void {
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#before(this.#heap[child + 1] ?? 0, this.#heap[child] ?? 0)) child += 1;
      const other = this.#heap[child] ?? 0;
      if (!this.#before(other, slot)) break;
      this.#heap[at] = other;
      at = child;
    }
    this.#heap[at] = slot;
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#time[a] ?? 0;
    const timeB = this.#time[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.#order[a] ?? 0) < (this.#order[b] ?? 0));
  }
}

const FIELDS = 5;

function enlarged<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
