import type { IndexEntry } from '../../protocols/index.ts'
import type { RouteTargets, Target } from '../traffic/routing.ts'
import { isReady, type ListedModel } from './catalog.ts'

/** GET /: what is served, and where to ask. */
export function homeBody(version: string, models: readonly ListedModel[]): string {
  return JSON.stringify(
    {
      name: 'ballast',
      version,
      models: models.map(({ environment, model, route }) => ({
        name: model,
        environment,
        ready: route.arms.some(isReady),
        versions: [...route.versions.values()].map(({ versionNumber, arm, weight }) => ({
          version: versionNumber,
          arm,
          weight,
        })),
        metadata: `/v2/models/${model}`,
        predict: `/v2/models/${model}/predict`,
        infer: `/v2/models/${model}/infer`,
        openapi: `/v2/models/${model}/openapi.json`,
      })),
      openapi: '/openapi.json',
      metrics: '/metrics',
    },
    undefined,
    2,
  )
}

/** GET / for people: the same as a page without scripts. */
export function homePage(version: string, models: readonly ListedModel[]): string {
  const rows = models.map(({ environment, model, route }) => {
    const versions = [...route.versions.keys()].join(', ')
    const state = route.arms.some(isReady) ? 'ready' : 'not ready'
    return `<tr><td><a href="/v2/models/${model}">${model}</a></td><td>${environment}</td><td>${versions}</td><td>${state}</td><td><a href="/v2/models/${model}/openapi.json">OpenAPI</a></td></tr>`
  })
  const table =
    rows.length === 0
      ? '<p>No model is served yet, or none that can be used without a token.</p>'
      : `<table><tr><th>Model<th>Environment<th>Versions<th>State<th>Description</tr>${rows.join('')}</table>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ballast gateway</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #8884}</style><h1>Ballast gateway</h1>${table}<p>Predict: <code>curl --data-binary @photo.jpg http://…/v2/models/&lt;model&gt;/predict</code>. See <a href="/openapi.json">openapi.json</a>, <a href="/metrics">metrics</a>. Release ${escaped(version)}.</p></html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}

/** GET /v1/models. */
export function modelsBody(models: readonly ListedModel[]): string {
  return JSON.stringify({ models: [...new Set(models.map(({ model }) => model))] })
}

/**
 * GET /v1/models/M: KServe's `name` and `ready` beside TensorFlow Serving's `model_version_status`, so that the clients
 * of both find what they look for.
 */
export function statusBody(name: string, route: RouteTargets, asked: Target | undefined): string {
  const targets = asked === undefined ? [...route.versions.values()] : [asked]
  return JSON.stringify({
    name,
    ready: asked === undefined ? route.arms.some(isReady) : isReady(asked),
    model_version_status: targets.map(target => {
      const ready = isReady(target)
      return {
        version: String(target.versionNumber),
        state: ready ? 'AVAILABLE' : 'START',
        status: ready
          ? { error_code: 'OK', error_message: '' }
          : { error_code: 'UNAVAILABLE', error_message: 'no replica can be reached' },
      }
    }),
  })
}

/** POST /v2/repository/index. */
export function indexBody(entries: readonly IndexEntry[]): string {
  return JSON.stringify(entries)
}
