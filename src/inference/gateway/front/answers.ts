import { InferenceError } from '../../errors.ts'
import { mergeOpenApi, serverMetadataBody, statisticsBody } from '../../protocols/index.ts'
import { type GatewayState, versionOf } from '../state.ts'
import { expose } from '../telemetry/metrics.ts'
import type { Bodies, Body } from './body.ts'
import type { Catalog } from './catalog.ts'
import type { Exchange } from './exchange.ts'
import { Feedback } from './feedback.ts'
import { homeBody, homePage, indexBody, modelsBody, statusBody } from './lists.ts'
import type { Questions } from './questions.ts'
import type { Asked, Header, OfModel, Told } from './request.ts'
import { sendAnswer, sendError, sendJson } from './respond.ts'

/** Of a small JSON document that goes with a command. */
const MAX_COMMAND_BYTES = 65_536
/** Models that one OpenAPI document tells of: some kilobytes each. */
const MAX_DOCUMENTS = 256

export type ModelAsked = Extract<Asked, { kind: 'model' }>

export interface AnswersContext {
  readonly state: GatewayState
  readonly catalog: Catalog
  readonly questions: Questions
  readonly bodies: Bodies
  /** Of this release. */
  readonly version: string
}

type Answerer<Of> = (exchange: Exchange, asked: Of) => void | Promise<void>

/** Everything but predictions, over HTTP. */
export class Answers {
  readonly #context: AnswersContext
  readonly #feedback: Feedback
  readonly #told: Readonly<Record<Told, Answerer<void>>>
  readonly #ofModel: Readonly<Record<Exclude<OfModel, 'infer'>, Answerer<ModelAsked>>>

  constructor(context: AnswersContext) {
    this.#context = context
    this.#feedback = new Feedback(context.state, context.bodies)
    this.#told = {
      home: exchange => this.#home(exchange),
      server: exchange => sendJson(exchange, 200, serverMetadataBody(context.version)),
      live: exchange => sendJson(exchange, 200, '{"live":true}'),
      ready: exchange =>
        sendJson(exchange, context.state.ready ? 200 : 503, `{"ready":${context.state.ready}}`),
      metrics: exchange => {
        const { text, type } = expose(context.state, exchange.header('accept'))
        sendJson(exchange, 200, text, type)
      },
      openapi: exchange => this.#openapi(exchange),
      index: exchange => this.#index(exchange),
      statistics: exchange => this.#allStatistics(exchange),
      feedback: exchange => this.#feedback.answer(exchange),
      models: exchange => sendJson(exchange, 200, modelsBody(context.catalog.list(headerIn(exchange)))),
    }
    const ask =
      (what: 'metadata' | 'config' | 'openapi'): Answerer<ModelAsked> =>
      (exchange, asked) =>
        this.#ask(exchange, asked, what)
    const control: Answerer<ModelAsked> = (exchange, asked) => this.#control(exchange, asked)
    this.#ofModel = {
      ready: (exchange, asked) => this.#ready(exchange, asked),
      status: (exchange, asked) => this.#status(exchange, asked),
      statistics: (exchange, asked) => this.#statistics(exchange, asked),
      metadata: ask('metadata'),
      config: ask('config'),
      openapi: ask('openapi'),
      load: control,
      unload: control,
    }
  }

  /** Throws, or answers later, what goes wrong. */
  tell(exchange: Exchange, told: Told): void {
    later(exchange, this.#told[told](exchange))
  }

  ofModel(exchange: Exchange, asked: ModelAsked & { readonly what: Exclude<OfModel, 'infer'> }): void {
    later(exchange, this.#ofModel[asked.what](exchange, asked))
  }

  #home(exchange: Exchange): void {
    const { catalog, version } = this.#context
    const models = catalog.list(headerIn(exchange))
    if (exchange.header('accept')?.includes('text/html')) {
      sendJson(exchange, 200, homePage(version, models), 'text/html; charset=utf-8')
    } else sendJson(exchange, 200, homeBody(version, models))
  }

  #ready(exchange: Exchange, { model, version }: ModelAsked): void {
    const ready = this.#context.catalog.ready(headerIn(exchange), model, version)
    sendJson(exchange, ready ? 200 : 503, JSON.stringify({ name: model, ready }))
  }

  #status(exchange: Exchange, { model, version }: ModelAsked): void {
    const route = this.#context.catalog.allowed(headerIn(exchange), model)
    const asked = version === undefined ? undefined : versionOf(route, version)
    sendJson(exchange, 200, statusBody(model, route, asked))
  }

  async #ask(
    exchange: Exchange,
    { model, version, protocol }: ModelAsked,
    what: 'metadata' | 'config' | 'openapi',
  ): Promise<void> {
    const { catalog, questions } = this.#context
    const route = catalog.allowed(headerIn(exchange), model)
    const { answer, target } = await questions.ask(route, version, what, protocol)
    sendAnswer(exchange, answer, target)
  }

  async #statistics(exchange: Exchange, { model, version }: ModelAsked): Promise<void> {
    const { catalog, questions } = this.#context
    const route = catalog.allowed(headerIn(exchange), model)
    sendJson(exchange, 200, statisticsBody(await questions.statistics([route], version)))
  }

  async #allStatistics(exchange: Exchange): Promise<void> {
    const { catalog, questions } = this.#context
    const routes = catalog.list(headerIn(exchange)).map(({ route }) => route)
    sendJson(exchange, 200, statisticsBody(await questions.statistics(routes, undefined)))
  }

  async #index(exchange: Exchange): Promise<void> {
    const wish = await this.#command(exchange)
    const entries = this.#context.catalog.index(headerIn(exchange), wish['ready'] === true)
    sendJson(exchange, 200, indexBody(entries))
  }

  /** Parameters of Triton's (which files to load) have no meaning here: versions are what was registered. */
  async #control(exchange: Exchange, { model, what }: ModelAsked): Promise<void> {
    const { catalog, questions } = this.#context
    const route = catalog.allowed(headerIn(exchange), model)
    await this.#command(exchange)
    await questions.control(route, what === 'load' ? 'load' : 'unload')
    sendJson(exchange, 200, '{}')
  }

  /** Of all models that the caller may use and that tell it: those without a replica are left out. */
  async #openapi(exchange: Exchange): Promise<void> {
    const { catalog, questions, version } = this.#context
    const told = await Promise.allSettled(
      catalog
        .list(headerIn(exchange))
        .slice(0, MAX_DOCUMENTS)
        .map(({ route }) => questions.ask(route, undefined, 'openapi', 'oip')),
    )
    const documents = told.flatMap(result =>
      result.status === 'fulfilled' && result.value.answer.status === 200 ? [result.value.answer.body] : [],
    )
    sendJson(exchange, 200, JSON.stringify(mergeOpenApi(documents, version)))
  }

  /** A small JSON object, or nothing. Throws REQUEST_INVALID, BODY_TOO_LARGE. */
  #command(exchange: Exchange): Promise<Readonly<Record<string, unknown>>> {
    const { bodies } = this.#context
    return new Promise((resolve, reject) => {
      bodies.collect(exchange, body => {
        if (body instanceof InferenceError) {
          reject(body)
          return
        }
        bodies.release(body.bytes)
        try {
          resolve(readCommand(body))
        } catch (error) {
          reject(error as Error)
        }
      })
    })
  }
}

function readCommand({ chunks, bytes }: Body): Readonly<Record<string, unknown>> {
  if (bytes === 0) return {}
  let value: unknown
  try {
    if (bytes <= MAX_COMMAND_BYTES) value = JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    // Told below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new InferenceError('REQUEST_INVALID', {
    message: `The body (${bytes} bytes) is no JSON object of up to ${MAX_COMMAND_BYTES} bytes`,
    hint: 'It may be left out.',
  })
}

function later(exchange: Exchange, answer: void | Promise<void>): void {
  answer?.catch(error => sendError(exchange, error))
}

function headerIn(exchange: Exchange): Header {
  return name => exchange.header(name)
}
