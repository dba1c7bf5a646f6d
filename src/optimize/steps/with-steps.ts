import type { OnnxModel } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import { raiseOpset } from '../graph/opset.ts'
import { answersBehind } from './answers.ts'
import { StepBuilder } from './builder.ts'
import { stepsBefore } from './images.ts'
import { Sizes } from './size.ts'

export interface WithSteps {
  readonly model: OnnxModel
  /** The input that takes decoded images or raw features; absent where there are no steps. */
  readonly input?: string
  /** Outputs that were added. */
  readonly outputs: readonly string[]
}

/**
 * The model with its steps and its answer as nodes, so that any runtime gives the answers that Ballast gives. What
 * reads a file (decoding, columns of tables) stays outside. Throws OPTIMIZE_UNSUPPORTED, OPTIMIZE_NOTHING and
 * PREPROCESS_INVALID.
 */
export function withSteps(given: OnnxModel, config: ModelConfig): WithSteps {
  if (config.columns)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: 'Columns of tables are read beside the model; they are no nodes',
      hint: 'Serve it with Ballast, which reads rows by model.columns.',
    })
  // Resize has had antialiasing and axes since opset 18.
  const model = raiseOpset(given, 18)
  const builder = new StepBuilder(model.graph)
  const tools = { builder, sizes: new Sizes(builder) }
  const replaced = stepsBefore(tools, model.graph, config)
  const before = builder.nodes.splice(0)
  const outputs = answersBehind(tools, model.graph, config)
  if (!replaced && outputs.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: 'There are no steps, and the task has no scores',
      hint: 'Add model.preprocess, or model.task: image-classification, to ballast.yaml.',
    })
  const { graph } = model
  const inputs = replaced
    ? graph.inputs.map(input => (input.name === replaced.target ? replaced.input : input))
    : graph.inputs
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        nodes: [...before, ...graph.nodes, ...builder.nodes],
        inputs,
        outputs: [...graph.outputs, ...outputs],
        initializers: [...(graph.initializers ?? []), ...builder.constants],
      },
    },
    ...(replaced && { input: replaced.input.name }),
    outputs: outputs.map(({ name }) => name),
  }
}
