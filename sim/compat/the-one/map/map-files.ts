/** The map, the routes and the points of interest that settings name, each read once. */
import type { JavaRandom } from '../java/random.js';
import { type ChooseDestination, pick, type Terrain } from '../movement/map-based.js';
import type { Place } from '../movement/model.js';
import type { Section, Settings } from '../settings/settings.js';
import { readList, readNumber } from '../settings/values.js';
import { RoadMap } from './road-map.js';
import { ShortestPaths } from './shortest-paths.js';
import { parseWkt } from './wkt.js';

export class MapFiles {
  readonly #settings: Settings;
  readonly #readFile: (path: string) => string;
  #map: RoadMap | undefined;
  #wasRead = false;
  readonly #paths = new Map<number | undefined, ShortestPaths>();

  constructor(settings: Settings, readFile: (path: string) => string) {
    this.#settings = settings;
    this.#readFile = readFile;
  }

  /** Undefined when the map can't be read, which the settings have been told. */
  get map(): RoadMap | undefined {
    if (this.#wasRead) return this.#map;
    this.#wasRead = true;
    const section = this.#settings.section('MapBasedMovement');
    const count = section.whole('nrofMapFiles');
    const files = Array.from({ length: count }, (_, i) => this.#lines(section, `mapFile${i + 1}`));
    if (count > 0 && !files.includes(undefined)) this.#map = new RoadMap(files as (readonly Place[])[][]);
    return this.#map;
  }

  #lines(section: Section, name: string): readonly (readonly Place[])[] | undefined {
    const path = section.text(name);
    if (path === '') return undefined;
    return this.#orNote(section, name, () => parseWkt(this.#readFile(path), path));
  }

  #orNote<T>(section: Section, name: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      section.note(name, `${section.keyOf(name)}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** Where the group may go. */
  terrain(group: Section, world: Place): Terrain | undefined {
    const { map } = this;
    if (map === undefined) return undefined;
    for (const place of map.nodes) {
      if (place.x <= world.x && place.y <= world.y) continue;
      this.#settings.note('MovementModel.worldSize', 'MovementModel.worldSize is smaller than the map');
      break;
    }
    let files: number | undefined;
    for (const file of readList(group.text('okMaps', ''), readNumber) ?? []) files = (files ?? 0) | (1 << file);
    const nodes = map.nodesIn(files);
    if (nodes.length === 0) group.note('okMaps', `${group.keyOf('okMaps')} leaves no road to go on`);
    let paths = this.#paths.get(files);
    if (paths === undefined) {
      paths = new ShortestPaths(map, files);
      this.#paths.set(files, paths);
    }
    return { map, paths, nodes, files };
  }

  /** The routes of the group's file, each a list of nodes. */
  routes(group: Section): readonly (readonly number[])[] {
    const { map } = this;
    const path = group.text('routeFile');
    const routes = this.#orNote(group, 'routeFile', () =>
      parseWkt(this.#readFile(path), path).map((line) => line.map((place) => map?.nodeAt(place, path) ?? 0)),
    );
    return routes ?? [];
  }

  /**
   * `pois = 1, 0.3, 2, 0.1` sends a host to a place of the first list in three of ten cases and of the second in one;
   * otherwise, and without such a setting, to any node.
   */
  destinations(group: Section, nodes: readonly number[]): ChooseDestination {
    const text = group.text('pois', '');
    if (text.trim() === '') return (random) => pick(nodes, random);
    const numbers = readList(text, readNumber);
    if (numbers === undefined || numbers.length % 2 === 1) {
      group.note('pois', `${group.keyOf('pois')} takes pairs of a list's number and a probability`);
      return (random) => pick(nodes, random);
    }
    const lists: { readonly places: readonly number[]; readonly share: number }[] = [];
    for (let i = 0; i < numbers.length; i += 2) {
      lists.push({ places: this.#pointsOfInterest(numbers[i] ?? 0), share: numbers[i + 1] ?? 0 });
    }
    return (random) => choose(lists, nodes, random);
  }

  /** The nodes nearest to the places in a file that the group may name; undefined when it names none. */
  placesOf(group: Section, name: string): readonly number[] | undefined {
    if (!group.has(name)) return undefined;
    const lines = this.#lines(group, name) ?? [];
    return lines.flat().map((place) => this.#map?.nearestNode(place) ?? 0);
  }

  #pointsOfInterest(number: number): readonly number[] {
    const section = this.#settings.section('PointsOfInterest');
    const lines = this.#lines(section, `poiFile${number}`) ?? [];
    return lines.flat().map((place) => this.#map?.nearestNode(place) ?? 0);
  }
}

function choose(
  lists: readonly { readonly places: readonly number[]; readonly share: number }[],
  nodes: readonly number[],
  random: JavaRandom,
): number {
  let lot = random.nextDouble();
  for (const { places, share } of lists) {
    if (lot < share && places.length > 0) return pick(places, random);
    lot -= share;
  }
  return pick(nodes, random);
}
