import { PCM_PROCESSOR } from './pcmProcessorName';

// Declared here because TypeScript's DOM library lacks the scope of AudioWorklets.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

/** Posts every block of the first input's only channel to the page. */
class PcmProcessor extends AudioWorkletProcessor {
  process([input]: Float32Array[][]): boolean {
    const block = input?.[0];
    if (block) this.port.postMessage(block.slice());
    return true;
  }
}

registerProcessor(PCM_PROCESSOR, PcmProcessor);
