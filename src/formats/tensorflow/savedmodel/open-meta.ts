import type { ModelInput } from '../../ports.ts'
import { Wire } from '../../protobuf/wire.ts'
import { singleFile } from '../../single-file.ts'
import { parametersOf } from '../../tensors.ts'
import { type TensorflowFailures, tensorflowFailures } from '../failures.ts'
import { constantsOf } from '../graphdef/constants.ts'
import { refuseText } from '../graphdef/open.ts'
import type { TensorflowModel } from '../model.ts'
import { readersOf } from '../tensors.ts'
import { describeSavedModel } from './describe.ts'
import { readMetaGraph } from './meta-graph.ts'
import { hazardsOf } from './open.ts'

const FORMAT = 'TensorFlow meta graph'
const fail: TensorflowFailures = tensorflowFailures(FORMAT, 'Save the model again with TensorFlow.')

/**
 * The graph beside a checkpoint of TensorFlow 1, which its Saver writes as `NAME.meta`: a MetaGraphDef. Tensors are the
 * larger constants; the variables are the checkpoint's own. Throws as `openSavedModel`.
 */
export async function openMetaGraph(input: ModelInput): Promise<TensorflowModel> {
  await refuseText(input.source)
  const wire = new Wire(input.source, fail.wire)
  const main = await readMetaGraph(wire, wire.whole, fail)
  const tensors = constantsOf(wire, main.graph, fail, [])
  const infos = tensors.map(({ info }) => info)
  const described = describeSavedModel({
    input,
    files: singleFile(input).files,
    main,
    metaGraphs: [main],
    tensors: infos,
    parameters: parametersOf(infos),
    copies: 0,
    keras: undefined,
  })
  return {
    file: {
      ...described,
      format: 'tensorflow-graphdef',
      formatVersion: 'meta graph',
      ...singleFile(input),
      notes: ['the variables are in the checkpoint beside it'],
    },
    ...readersOf(input.source.name, FORMAT, tensors),
    hazards: hazardsOf(main),
    async close() {},
  }
}
