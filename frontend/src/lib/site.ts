/** Whether this page is only files, without a server that answers: what `make static` builds. */
export const isStatic = import.meta.env.MODE === 'static';

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
      models: '/models',
      comparison: '/comparison',
      // A server may have no comparison.
      kept: ['/models'],
      model: (name: string) => `/models/${encodeURIComponent(name)}`,
    };
