/** Draws one moment of the mesh. Stands on its own: see ../script.ts. */
import type { Context } from './dom.js';
import type { Carriage } from './journeys.js';
import type { Tracks } from './tracks.js';

export interface Colours {
  readonly ink: string;
  readonly link: string;
  readonly paper: string;
  readonly message: string;
  readonly groups: readonly string[];
}

export interface View {
  readonly width: number;
  readonly height: number;
  /** Pixels for a tenth of a metre. */
  readonly scale: number;
  /** The pixel of the world's corner. */
  readonly left: number;
  readonly top: number;
}

/** What is drawn; nodes are places in the replay's `shown`. */
export interface Moment {
  readonly time: number;
  readonly nodes: number;
  readonly links: ReadonlyMap<number, number>;
  readonly isOff: Uint8Array;
  readonly groupOf: (node: number) => number;
  readonly nameOf: (node: number) => string;
  /** The message that is followed, if one is. */
  readonly message:
    | {
        readonly from: number;
        readonly to: number;
        readonly isDelivered: boolean;
        /** Since when each has it. */
        readonly holders: ReadonlyMap<number, number>;
        readonly carriages: readonly Carriage[];
      }
    | undefined;
  readonly pointedAt: number | undefined;
  /** For how long what has just happened shows, in the replay's time. */
  readonly echo: number;
}

export function painter(context: Context, tracks: Tracks): (moment: Moment, view: View, colours: Colours) => void {
  const xs: number[] = [];
  const ys: number[] = [];

  const locate = (moment: Moment, view: View): void => {
    for (let node = 0; node < moment.nodes; node++) {
      tracks.place(node, moment.time);
      xs[node] = view.left + tracks.x * view.scale;
      ys[node] = view.top + tracks.y * view.scale;
    }
  };

  const drawLinks = ({ links, nodes }: Moment, colours: Colours): void => {
    context.strokeStyle = colours.link;
    context.lineWidth = links.size > 2000 ? 0.5 : 1;
    context.beginPath();
    for (const pair of links.keys()) {
      const a = Math.floor(pair / nodes);
      const b = pair % nodes;
      context.moveTo(xs[a] ?? 0, ys[a] ?? 0);
      context.lineTo(xs[b] ?? 0, ys[b] ?? 0);
    }
    context.stroke();
  };

  /** The way that the message took, as far as it has come. */
  const drawJourney = ({ message, time }: Moment, view: View, colours: Colours): void => {
    if (message === undefined) return;
    context.strokeStyle = colours.message;
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.beginPath();
    let isDrawing = false;
    const go = (x: number, y: number): void => {
      const [atX, atY] = [view.left + x * view.scale, view.top + y * view.scale];
      if (isDrawing) context.lineTo(atX, atY);
      else context.moveTo(atX, atY);
      isDrawing = true;
    };
    for (const { node, from, to } of message.carriages) {
      if (time < from) break;
      // A carrier that is not shown leaves a gap.
      if (node < 0) {
        isDrawing = false;
        continue;
      }
      const corners = tracks.stretch(node, from, Math.min(to, time));
      for (let at = 0; at < corners.length; at += 2) go(corners[at] ?? 0, corners[at + 1] ?? 0);
    }
    if (message.isDelivered && message.to >= 0 && isDrawing) {
      const arrived = message.carriages.at(-1)?.to ?? time;
      tracks.place(message.to, arrived);
      go(tracks.x, tracks.y);
    }
    context.stroke();
  };

  const dot = (x: number, y: number, radius: number): void => {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
  };

  const drawNodes = (moment: Moment, radius: number, colours: Colours): void => {
    const { message } = moment;
    for (let node = 0; node < moment.nodes; node++) {
      const [x, y] = [xs[node] ?? 0, ys[node] ?? 0];
      const since = message?.holders.get(node);
      context.fillStyle = colours.groups[moment.groupOf(node) % colours.groups.length] ?? colours.ink;
      if (since !== undefined) {
        context.fillStyle = colours.message;
        dot(x, y, radius * 1.4);
        context.fill();
        const age = (moment.time - since) / moment.echo;
        if (age < 1) {
          context.strokeStyle = colours.message;
          context.lineWidth = 2;
          context.globalAlpha = 1 - age;
          dot(x, y, radius * (1.4 + 3 * age));
          context.stroke();
          context.globalAlpha = 1;
        }
      } else if (moment.isOff[node] === 1) {
        context.strokeStyle = colours.link;
        context.lineWidth = 1.5;
        dot(x, y, radius);
        context.stroke();
      } else if (moment.nodes > 600) {
        context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
      } else {
        dot(x, y, radius);
        context.fill();
      }
    }
  };

  const label = (node: number, text: string, radius: number, colours: Colours): void => {
    const [x, y] = [(xs[node] ?? 0) + radius * 2 + 2, ys[node] ?? 0];
    context.font = '600 13px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.strokeStyle = colours.paper;
    context.lineWidth = 4;
    context.strokeText(text, x, y);
    context.fillStyle = colours.ink;
    context.fillText(text, x, y);
  };

  /** A square around the author, a ring around the recipient: shapes, for who can't tell colours apart. */
  const drawEnds = ({ message, nameOf }: Moment, radius: number, colours: Colours): void => {
    if (message === undefined) return;
    const around = radius * 2.1;
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    if (message.from >= 0) {
      context.strokeRect((xs[message.from] ?? 0) - around, (ys[message.from] ?? 0) - around, 2 * around, 2 * around);
    }
    if (message.to >= 0) {
      context.setLineDash(message.isDelivered ? [] : [4, 3]);
      dot(xs[message.to] ?? 0, ys[message.to] ?? 0, around);
      context.stroke();
      context.setLineDash([]);
    }
    if (message.from >= 0) label(message.from, nameOf(message.from), radius, colours);
    if (message.to >= 0) label(message.to, nameOf(message.to), radius, colours);
  };

  return (moment, view, colours) => {
    const radius = moment.nodes > 1000 ? 1.5 : moment.nodes > 250 ? 2.5 : 4.5;
    context.clearRect(0, 0, view.width, view.height);
    locate(moment, view);
    drawLinks(moment, colours);
    drawJourney(moment, view, colours);
    drawNodes(moment, radius, colours);
    drawEnds(moment, radius, colours);
    const { pointedAt } = moment;
    if (pointedAt !== undefined) label(pointedAt, moment.nameOf(pointedAt), radius, colours);
  };
}
