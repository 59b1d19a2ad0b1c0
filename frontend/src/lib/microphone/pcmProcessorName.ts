export const PCM_PROCESSOR = 'pcm-processor';
