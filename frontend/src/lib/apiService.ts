import axios from 'axios';
import {
  malformedAnswerProblem,
  MAX_UPLOAD_BYTES,
  toApiError,
  tooLargeProblem,
} from './apiProblem';
import { predictionSchema, type Prediction } from './apiSchemas';
import { ProblemError } from './problem';

export interface PredictOptions {
  signal: AbortSignal;
  /** Called with the part of the upload already sent, 0 to 1. */
  onUploadProgress: (fraction: number) => void;
}

async function post(url: string, form: FormData, options: PredictOptions): Promise<unknown> {
  try {
    const response = await axios.post<unknown>(url, form, {
      signal: options.signal,
      onUploadProgress: ({ progress }) => {
        if (progress !== undefined) options.onUploadProgress(progress);
      },
    });
    return response.data;
  } catch (error) {
    throw toApiError(error);
  }
}

export const apiService = {
  async predict(clip: File, options: PredictOptions): Promise<Prediction> {
    if (clip.size > MAX_UPLOAD_BYTES) throw new ProblemError(tooLargeProblem(clip.size));
    const form = new FormData();
    form.append('file', clip, clip.name);
    const answer = predictionSchema.safeParse(await post('/predict', form, options));
    if (!answer.success) throw new ProblemError(malformedAnswerProblem(), { cause: answer.error });
    return answer.data;
  },
};
