import type { OpenModel } from '../ports.ts'
import type { TensorflowHazard } from './hazards/types.ts'

/** A model with a graph of TensorFlow's ops. */
export interface TensorflowModel extends OpenModel {
  /** Nodes that touch more than tensors; none in what TensorFlow saves of an ordinary model. */
  readonly hazards: readonly TensorflowHazard[]
}
