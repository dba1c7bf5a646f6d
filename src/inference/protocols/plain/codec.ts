import { fitInput } from '../../../model/index.ts'
import { headerOf } from '../../frames/index.ts'
import type { Codec } from '../codec.ts'
import { oip } from '../oip/codec.ts'
import { refuse } from '../refuse.ts'
import { looksLikeImage } from './image.ts'
import { labelledReply } from './labelled.ts'

/** What a person has at hand, answered in the words of the model's task. */
export const plain: Codec = {
  ...oip,
  async read(body, headers, model) {
    if (!looksLikeImage(body)) {
      const type = headerOf(headers, 'content-type') ?? 'none'
      throw refuse(`The body (${type}) is no JPEG, PNG or WebP`, 'Convert the image, or send a tensor.')
    }
    const { input, output } = model.ports()
    return {
      inputs: { [input.name]: fitInput(input, await model.preprocessor.fromImage(body)) },
      outputs: [output.name],
      encode: outputs => labelledReply(model, outputs[output.name]!),
    }
  },
}
