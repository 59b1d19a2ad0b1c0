import type { LiveLine } from 'ser-web/live';
import type { Model } from '@/lib/apiSchemas';
import type { DeviceStream } from '@/lib/emotionService';
import { problemOf, toProblem, type Problem } from '@/lib/problem';
import { joined } from './joinBlocks';
import type { Frame, LiveConnection, StreamConnectionEvents } from './streamConnection';

/** 10 s: a device that is slower than the voice would fall behind more and more. */
const MAX_WAITING_FRAMES = 100;

export const deviceSlowProblem = problemOf('device_slow', 'device_slow');

/** A stream that this device answers. It gets all that waits at once, and gives results for the newest part. */
export class DeviceConnection implements LiveConnection {
  readonly #open: () => Promise<DeviceStream>;
  readonly #model: Model;
  readonly #events: StreamConnectionEvents;
  #stream: DeviceStream | undefined;
  #waiting: Frame[] = [];
  #isBusy = false;
  #isOver = false;
  #firstSampleMs: number | undefined;
  #onDone: (() => void) | undefined;

  constructor(open: () => Promise<DeviceStream>, model: Model, events: StreamConnectionEvents) {
    this.#open = open;
    this.#model = model;
    this.#events = events;
    void this.#work();
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    this.#waiting.push(frame);
    if (this.#waiting.length > MAX_WAITING_FRAMES) this.#lose(deviceSlowProblem);
    else void this.#work();
  }

  finish(onDone: () => void): void {
    this.#onDone = onDone;
    void this.#work();
  }

  close(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#stream?.close();
  }

  async #work(): Promise<void> {
    if (this.#isBusy || this.#isOver) return;
    this.#isBusy = true;
    try {
      this.#stream ??= await this.#opened();
      while (this.#waiting.length > 0) {
        const frames = this.#waiting.splice(0);
        this.#firstSampleMs ??= frames[0]?.startMs;
        this.#tell(await this.#stream.feed(frames.map(({ blocks }) => joined(blocks))));
      }
      if (this.#onDone) await this.#end(this.#stream, this.#onDone);
    } catch (error) {
      this.#lose(toProblem(error));
    } finally {
      this.#isBusy = false;
    }
  }

  async #opened(): Promise<DeviceStream> {
    const stream = await this.#open();
    if (this.#isOver) stream.close();
    const { name: model, abstains_below: min_confidence } = this.#model;
    this.#tell([{ type: 'ready', model, min_confidence }]);
    return stream;
  }

  async #end(stream: DeviceStream, onDone: () => void): Promise<void> {
    this.#tell(await stream.finish());
    if (this.#isOver) return;
    this.close();
    onDone();
  }

  #tell(lines: (LiveLine | { type: 'ready'; model: string; min_confidence: number })[]): void {
    for (const line of lines) {
      if (this.#isOver) return;
      this.#events.onMessage(line, (streamMs) => (this.#firstSampleMs ?? 0) + streamMs);
    }
  }

  #lose(problem: Problem): void {
    if (this.#isOver) return;
    this.close();
    if (this.#onDone) this.#onDone();
    else this.#events.onLost(problem);
  }
}
