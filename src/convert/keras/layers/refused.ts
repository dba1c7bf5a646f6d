import { type LayerTable, refused } from '../layer.ts'

const CODE = 'its function is Python code'
const ADVICE =
  'Use a layer of Keras’ own in its place, or export the model as a SavedModel: model.export("folder").'

const without = (what: string) =>
  refused('it holds a model of another framework', `Convert that ${what} itself, and put the two together.`)

/** Layers that are never converted. */
export const refusals: LayerTable = {
  Lambda: refused(CODE, ADVICE),
  TFSMLayer: without('SavedModel'),
  TorchModuleWrapper: without('PyTorch module'),
  JaxLayer: without('JAX function'),
  FlaxLayer: without('Flax module'),
  TensorFlowOpLayer: refused(
    'an op of TensorFlow 2.0 to 2.3',
    'Load the model with a later TensorFlow 2, and save it again.',
  ),
  FeatureSpace: refused('it is a model of its own', 'Save feature_space.get_encoded_features() as a model.'),
}
