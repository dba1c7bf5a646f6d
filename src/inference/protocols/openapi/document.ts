import type { Json } from '../../../core/index.ts'
import type { ServedModel } from '../codec.ts'
import { DATA_SCHEMAS, inferExamples, inferredSchema, inferSchema } from './oip.ts'
import { type Media, plainAnswer, plainContent, plainSchemas } from './plain.ts'
import { objectSchema, ref, type Schema } from './schema.ts'
import { predictExamples, predictedSchema, predictSchema } from './v1.ts'

/** An OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.0. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly security: readonly { readonly [scheme: string]: readonly string[] }[]
  readonly paths: { readonly [path: string]: Json }
  readonly components: {
    readonly schemas: { readonly [name: string]: Json }
    readonly responses: { readonly [name: string]: Json }
    readonly securitySchemes: { readonly [name: string]: Json }
  }
}

const COMPONENTS: OpenApiDocument['components'] = {
  schemas: {
    ...DATA_SCHEMAS,
    Error: objectSchema({ error: { type: 'string' }, code: { type: 'string' }, hint: { type: 'string' } }, [
      'error',
    ]),
    Port: objectSchema({
      name: { type: 'string' },
      datatype: { type: 'string' },
      shape: { type: 'array', items: { type: 'integer', minimum: -1 } },
    }),
    ModelMetadata: objectSchema({
      name: { type: 'string' },
      versions: { type: 'array', items: { type: 'string' } },
      platform: { type: 'string' },
      inputs: { type: 'array', items: ref('Port') },
      outputs: { type: 'array', items: ref('Port') },
    }),
  },
  responses: {
    Error: {
      description: 'Why there is no answer. 429 and 503 say with Retry-After when to come again.',
      content: { 'application/json': { schema: ref('Error') } },
    },
  },
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
}

/** Some environments ask for a token, others for none. */
const SECURITY: OpenApiDocument['security'] = [{}, { bearer: [] }]

/** GET /v2/models/M/openapi.json: the paths of one model, with examples that work as they are. */
export function openApiOf(model: ServedModel): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: model.name,
      version: model.version,
      description: `Predictions of ${model.name}, version ${model.version}.`,
    },
    security: SECURITY,
    paths: pathsOf(model),
    components: withSchemas(plainSchemas(model)),
  }
}

/** What a gateway tells of itself. */
const SERVER_PATHS: OpenApiDocument['paths'] = {
  '/v2': {
    get: operation(
      'server',
      'Name, release and extensions of the protocol',
      answer(
        objectSchema({
          name: { type: 'string' },
          version: { type: 'string' },
          extensions: { type: 'array', items: { type: 'string' } },
        }),
      ),
    ),
  },
  '/v2/health/live': {
    get: operation('server', 'Whether it runs', answer(objectSchema({ live: { type: 'boolean' } }))),
  },
  '/v2/health/ready': {
    get: operation('server', 'Whether it knows where to send requests', {
      ...answer(objectSchema({ ready: { type: 'boolean' } })),
      503: { description: 'Not yet.' },
    }),
  },
}

/** One document of several models'. Throws what JSON.parse throws: they come from replicas of this release. */
export function mergeOpenApi(documents: readonly Buffer[], version: string): OpenApiDocument {
  const models = documents.map(body => JSON.parse(body.toString()) as OpenApiDocument)
  return {
    openapi: '3.1.0',
    info: { title: 'Ballast', version, description: 'Predictions of the models that are served here.' },
    security: SECURITY,
    paths: { ...SERVER_PATHS, ...Object.fromEntries(models.flatMap(({ paths }) => Object.entries(paths))) },
    components: withSchemas(
      Object.fromEntries(models.flatMap(({ components }) => Object.entries(components.schemas))),
    ),
  }
}

function withSchemas(schemas: { readonly [name: string]: Json }): OpenApiDocument['components'] {
  return { ...COMPONENTS, schemas: { ...schemas, ...COMPONENTS.schemas } }
}

function pathsOf(model: ServedModel): OpenApiDocument['paths'] {
  const { name } = model
  const paths: Record<string, Json> = {
    [`/v2/models/${name}`]: {
      get: operation(name, 'Inputs, outputs and versions', answer(ref('ModelMetadata'))),
    },
    [`/v2/models/${name}/ready`]: {
      get: operation(name, 'Whether a prediction would be answered', {
        ...answer({ type: 'object' }),
        503: { description: 'No replica can be reached.' },
      }),
    },
    [`/v2/models/${name}/infer`]: {
      post: {
        ...operation(name, 'Tensors, by the Open Inference Protocol', answer(inferredSchema(model))),
        requestBody: jsonBody(inferSchema(model), inferExamples(model)),
      },
    },
    [`/v1/models/${name}:predict`]: {
      post: {
        ...operation(
          name,
          'Rows or columns, as KServe V1 and TensorFlow Serving',
          answer(predictedSchema(model)),
        ),
        requestBody: jsonBody(predictSchema(model), predictExamples(model)),
      },
    },
  }
  const content = plainContent(model)
  if (Object.keys(content).length > 0) {
    paths[`/v2/models/${name}/predict`] = {
      post: {
        ...operation(name, 'What people have, answered in labels', answer(plainAnswer(model))),
        requestBody: { required: true, content: withoutHoles(content) },
      },
    }
  }
  return paths
}

function operation(model: string, summary: string, responses: { readonly [status: string]: Json }) {
  const errors = { default: { $ref: '#/components/responses/Error' } }
  return { tags: [model], summary, responses: { ...responses, ...errors } }
}

function answer(schema: Schema): { readonly [status: string]: Json } {
  return { 200: { description: 'The answer.', content: { 'application/json': { schema } } } }
}

function jsonBody(schema: Schema, values: { readonly [name: string]: Json }): Json {
  const examples = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
  const media: Media = Object.keys(values).length === 0 ? { schema } : { schema, examples }
  return { required: true, content: withoutHoles({ 'application/json': media }) }
}

function withoutHoles(content: { readonly [type: string]: Media }): { readonly [type: string]: Json } {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema, examples }]): [string, Json] => [
      type,
      { ...(schema && { schema }), ...(examples && { examples }) },
    ]),
  )
}
