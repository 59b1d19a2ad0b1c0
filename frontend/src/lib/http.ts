import axios, {
  AxiosHeaders,
  CanceledError,
  isAxiosError,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import * as z from 'zod/mini';
import { accessKey, bearer, hasKeyForm } from './accessKey';
import { toApiError } from './apiProblem';
import { ProblemError, problemOf, toProblem, type Problem } from './problem';
import { addresses } from './site';

const CHECKING_TIMEOUT_MS = 10_000;

/** A proxy may ask for a password with the same status; that is no question for a key. */
const keyRefusalSchema = z.object({ code: z.enum(['no_key', 'wrong_key']) });

function refusesKey(error: unknown): boolean {
  if (!isAxiosError(error) || error.response?.status !== 401) return false;
  return keyRefusalSchema.safeParse(error.response.data).success;
}

/**
 * Sends a request to the server, with the user's key. Where the server wants one, or another one, the
 * user is asked, and the request is sent again.
 */
export async function send<T>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const { key } = accessKey;
  try {
    const headers = AxiosHeaders.concat(config.headers as AxiosHeaders | undefined, accessKey.headers());
    return await axios.request<T>({ ...config, headers });
  } catch (error) {
    if (!refusesKey(error)) throw error;
    if (!(await accessKey.renew(key, config.signal as AbortSignal | undefined))) {
      if (config.signal?.aborted) throw new CanceledError();
      throw new ProblemError(problemOf('no_key', 'no_key'), { cause: error });
    }
  }
  return send<T>(config);
}

/** Asks the server for its models with a key. Returns why the key cannot be used, if so. */
export async function checkKey(key: string): Promise<Problem | undefined> {
  const wrong = problemOf('wrong_key', 'wrong_key');
  if (!hasKeyForm(key)) return wrong;
  try {
    await axios.request({ url: addresses.models, headers: bearer(key), timeout: CHECKING_TIMEOUT_MS });
  } catch (error) {
    if (refusesKey(error)) return wrong;
    const problem = toProblem(toApiError(error));
    // Anything else says that the server let the request in.
    return problem.code === 'server_away' ? problem : undefined;
  }
  return undefined;
}
