/**
 * The three functions of the old decorator-metadata proposal that `@peculiar/x509` looks for on `Reflect` when it is
 * loaded. They are put there only when nobody else did.
 */
type Metadata = Map<unknown, unknown>;

interface MetadataReflect {
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  getMetadata?: (key: unknown, target: object) => unknown;
}

export function ensureReflectMetadata(): void {
  const reflect = Reflect as MetadataReflect;
  if (reflect.getMetadata !== undefined) return;
  const known = new WeakMap<object, Metadata>();
  reflect.defineMetadata = (key, value, target) => {
    const own: Metadata = known.get(target) ?? new Map();
    own.set(key, value);
    known.set(target, own);
  };
  reflect.getOwnMetadata = (key, target) => known.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
      const own = known.get(at);
      if (own?.has(key) === true) return own.get(key);
    }
    return undefined;
  };
}
