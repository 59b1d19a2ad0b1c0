import { vi } from 'vitest';

/** A WebSocket whose server side is the test. */
export class FakeSocket extends EventTarget {
  readonly texts: Record<string, unknown>[] = [];
  readonly frames: ArrayBuffer[] = [];
  bufferedAmount = 0;
  isClosed = false;

  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[] = []) {
    super();
    this.url = url;
    this.protocols = protocols;
  }

  send(data: string | ArrayBuffer) {
    if (typeof data === 'string') this.texts.push(JSON.parse(data) as Record<string, unknown>);
    else this.frames.push(data);
  }

  close() {
    this.isClosed = true;
  }

  open() {
    this.dispatchEvent(new Event('open'));
  }

  say(message: unknown) {
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  beReady(minConfidence = 0.4) {
    this.open();
    this.say({ type: 'ready', model: 'a model', min_confidence: minConfidence });
  }

  /** The server or the network is gone. */
  drop() {
    this.dispatchEvent(new Event('close'));
  }
}

/** Replaces WebSocket; returns the connections in the order in which they were opened. */
export function stubWebSocket(): FakeSocket[] {
  const sockets: FakeSocket[] = [];
  vi.stubGlobal(
    'WebSocket',
    class extends FakeSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    },
  );
  return sockets;
}
