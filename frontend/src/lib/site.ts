/** Whether this page is only files, without a server that answers: what `make static` builds. */
export const isStatic = import.meta.env.MODE === 'static';

/** Where the page finds what a server tells; `make static` writes it into files of these names. */
export const addresses = isStatic
  ? {
      models: 'models.json',
      comparison: 'comparison.json',
      model: (name: string) => `models/${encodeURIComponent(name)}/model.json`,
    }
  : {
      models: '/models',
      comparison: '/comparison',
      model: (name: string) => `/models/${encodeURIComponent(name)}`,
    };
