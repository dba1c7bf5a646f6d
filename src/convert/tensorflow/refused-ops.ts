/** Ops that are known and never converted, with what their owner can do. */
export interface RefusedOp {
  readonly why: string
  readonly hint: string
}

const group = (names: string, why: string, hint: string): Record<string, RefusedOp> =>
  Object.fromEntries(names.split(' ').map(name => [name, { why, hint }]))

export const REFUSED_OPS: Readonly<Record<string, RefusedOp>> = {
  ...group(
    'PyFunc PyFuncStateless EagerPyFunc',
    'its code is in the Python program that made the model',
    'Write tf.py_function and tf.numpy_function with TensorFlow ops.',
  ),
  ...group(
    'XlaCallModule XlaLaunch XlaLaunchV2 TPUPartitionedCall',
    'it holds compiled code',
    'Export JAX models with jax2onnx, or with jax2tf and native_serialization=False.',
  ),
  ...group(
    'ReadFile WriteFile MatchingFiles SaveV2 RestoreV2 MergeV2Checkpoints PrintV2',
    'it works with files',
    'Read files before the model is called.',
  ),
  ...group(
    'AssignVariableOp AssignAddVariableOp AssignSubVariableOp Assign AssignAdd AssignSub',
    'the model changes its variables when it predicts',
    'Give states to the model as inputs, and take them as outputs.',
  ),
  ...group(
    'StringToHashBucketFast StringToHashBucketStrong StringToHashBucket',
    'ONNX has no op for its hash function',
    'Look texts up in a vocabulary (StringLookup) instead of hashing them.',
  ),
  ...group(
    'RandomUniform RandomStandardNormal RandomUniformInt TruncatedNormal Multinomial StatelessRandomUniformV2 StatelessRandomNormalV2',
    'every call would give another answer',
    'Export the model for inference: call it with training=False.',
  ),
}
