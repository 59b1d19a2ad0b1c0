/** Whether this page is only files, without a server that answers: what `make static` builds. */
export const isStatic = import.meta.env.MODE === 'static';

const givenUrl = import.meta.env.VITE_API_URL as string | undefined;

/** Where the API is, without a slash at the end. Empty where it is the page's own origin, as a rule. */
export const apiUrl = (givenUrl ?? '').replace(/\/+$/, '');

/** Who gets the voices. */
export const apiHost = apiUrl === '' ? window.location.host : new URL(apiUrl).host;

/**
 * Where the page finds what a server tells; `make static` writes it into files of these names. `kept` are those
 * that the device needs without a network.
 */
export const addresses = isStatic
  ? {
      models: 'models.json',
      comparison: 'comparison.json',
      kept: ['models.json', 'comparison.json'],
      model: (name: string) => `models/${encodeURIComponent(name)}/model.json`,
    }
  : {
      models: `${apiUrl}/models`,
      comparison: `${apiUrl}/comparison`,
      // A server may have no comparison.
      kept: [`${apiUrl}/models`],
      model: (name: string) => `${apiUrl}/models/${encodeURIComponent(name)}`,
    };
