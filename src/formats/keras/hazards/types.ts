/** Something in a config that makes Keras run foreign code, load it by name, or touch files, when it is loaded. */
export interface KerasHazard {
  /** Where in the config: `config.layers[2].config.function`. */
  readonly path: string
  /** Names of the layers around it, outermost first, with `/`; empty outside of layers. */
  readonly layer: string
  readonly kind: /** A Lambda layer. */
    | 'lambda'
    /** Marshalled Python code. */
    | 'bytecode'
    /** A class that is not Keras' own: whatever is registered, or imported, under its name. */
    | 'custom-object'
    | 'custom-function'
    /** A TensorFlow symbol that is called by its name. */
    | 'tensorflow-op'
    /** A SavedModel beside the file, with a graph of its own. */
    | 'saved-model'
    /** A pickled PyTorch module. */
    | 'torch-module'
    /** A JAX function. */
    | 'jax-function'
    /** A path or address that is read. */
    | 'file'
  readonly detail: string
}
