import { BYTES_PER_SAMPLE, countSamples, writePcm16 } from './pcm16';

const HEADER_BYTES = 44;

function writeHeader(view: DataView, sampleRateHz: number): void {
  const writeText = (offset: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(offset + i, text.charCodeAt(i));
  };
  const dataBytes = view.byteLength - HEADER_BYTES;
  writeText(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  writeText(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // length of the format chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, BYTES_PER_SAMPLE * 8, true);
  writeText(36, 'data');
  view.setUint32(40, dataBytes, true);
}

/** Joins blocks of mono samples (-1 to 1, clipped beyond) to a 16-bit PCM WAV file. */
export function encodeWav(blocks: Float32Array[], sampleRateHz: number): ArrayBuffer {
  const dataBytes = countSamples(blocks) * BYTES_PER_SAMPLE;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + dataBytes));
  writeHeader(view, sampleRateHz);
  writePcm16(view, HEADER_BYTES, blocks);
  return view.buffer;
}
