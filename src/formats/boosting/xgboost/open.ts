import type { ByteSource } from '../../../core/index.ts'
import { type Failures, failuresOf } from '../../errors.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { tensorMissing } from '../../tensors.ts'
import type { ModelFile } from '../../types.ts'
import { JsonCursor } from '../json/cursor.ts'
import { WHOLE_BYTES } from '../limits.ts'
import type { ListedRun } from '../listed.ts'
import { runPieces } from '../pieces.ts'
import { UbjsonCursor } from '../ubjson/cursor.ts'
import { describeXgboost, listXgboost } from './describe.ts'
import type { XgboostModel } from './model.ts'
import { readXgboost } from './read.ts'
import { readXgboostTrees, type XgboostTree } from './trees.ts'
import { endOfTrees } from './trees-end.ts'

const AGAIN = 'Save the model again with Booster.save_model("model.ubj").'

/** How many bytes tell the form: UBJSON's first member follows at once, JSON's may stand behind white space. */
const HEAD_BYTES = 64

export interface XgboostOpenModel extends OpenModel {
  /** As the document has it; of large JSON without the trees. */
  readonly model: XgboostModel
  /** Trees in order, one at a time; none for gblinear. */
  readTrees(): AsyncGenerator<XgboostTree, void>
}

/**
 * Opens an XGBoost model in JSON or UBJSON, in one pass that holds no array; of JSON over WHOLE_BYTES only what stands
 * around the trees. Throws FORMAT_MALFORMED,
 * FORMAT_TRUNCATED, FORMAT_LIMIT, or FORMAT_UNSUPPORTED for the binary form that
 * XGBoost gave up in 3.1.
 */
export async function openXgboost(input: ModelInput): Promise<XgboostOpenModel> {
  const { source } = input
  const form = await formOf(source)
  const fail = failuresOf(form === 'json' ? 'XGBoost JSON' : 'XGBoost UBJSON', AGAIN)
  const read = async (pass: boolean): Promise<Read> => {
    if (form === 'ubjson') return listed(await readXgboost(source, new UbjsonCursor(source, fail), fail))
    const cursor = new JsonCursor(source, fail)
    const end = pass ? await endOfTrees(source) : undefined
    return listed(
      await readXgboost(source, cursor, fail, end === undefined ? undefined : () => cursor.jump(end)),
    )
  }
  const first = await read(form === 'json' && source.size > WHOLE_BYTES)
  const told = first.model.trees.length === first.model.treeCount
  let all = told ? Promise.resolve(first) : undefined
  const whole = (): Promise<Read> => (all ??= read(false))
  const described = ({ model, arrays }: Read): ModelFile =>
    describeXgboost(input, form === 'json' ? 'xgboost-json' : 'xgboost-ubj', model, arrays)
  return {
    model: first.model,
    file: described(first),
    ...(!told && { whole: async () => described(await whole()) }),
    async *readTensor(name) {
      const { arrays } = first.arrays.has(name) ? first : await whole()
      const found = arrays.get(name)
      if (!found) throw tensorMissing(source.name, name, arrays.keys())
      yield* runPieces(source, found.run, fail)
    },
    async *readTrees() {
      yield* readXgboostTrees(source, (await whole()).model, fail)
    },
    async close() {},
  }
}

interface Read {
  readonly model: XgboostModel
  readonly arrays: ReadonlyMap<string, ListedRun>
}

function listed(model: XgboostModel): Read {
  return { model, arrays: listXgboost(model) }
}

async function formOf(source: ByteSource): Promise<'json' | 'ubjson'> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const text = Buffer.from(head).toString('latin1')
  if (/^(binf|bs64)/.test(text)) throw deprecated(failuresOf('XGBoost', AGAIN), source)
  // A brace, then the type of a key's length; or, in JSON, a quote.
  if (/^\{[iUIlL#$]/.test(text)) return 'ubjson'
  if (/^\s*\{/.test(text)) return 'json'
  throw failuresOf('XGBoost', AGAIN).malformed(
    { name: source.name, offset: 0 },
    'the file begins like neither JSON nor UBJSON',
    { hint: 'A binary file of XGBoost before 1.6 is saved again as JSON or UBJSON by XGBoost 1.6 to 3.0.' },
  )
}

function deprecated(fail: Failures, { name }: ByteSource): Error {
  return fail.unsupported({ name, offset: 0 }, 'this is the binary form that XGBoost gave up in 3.1', {
    hint: 'Load it with XGBoost 1.6 to 3.0, and save it with Booster.save_model("model.ubj").',
  })
}
