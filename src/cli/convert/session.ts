import type { ConvertedSession } from '../../convert/index.ts'
import type { Tensor } from '../../core/index.ts'
import { fitInput, loadOnnx } from '../../model/index.ts'

/** A converted model, loaded as it will be served. Throws MODEL_UNLOADABLE. */
export async function openConverted(path: string): Promise<ConvertedSession & { close(): Promise<void> }> {
  const session = await loadOnnx(path)
  const { inputs, outputs } = session.signature
  const fitted = (name: string, tensor: Tensor): Tensor => {
    const port = inputs.find(input => input.name === name)
    // Sizes are the runtime's to judge: `fitInput` would drop the axis of one example.
    return port && port.shape.length === tensor.shape.length ? fitInput(port, tensor) : tensor
  }
  return {
    inputs,
    outputs,
    run: given =>
      session.run(
        Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, fitted(name, tensor)])),
      ),
    close: () => session.close(),
  }
}
