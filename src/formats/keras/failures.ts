import { failuresOf } from '../errors.ts'

export const fail = failuresOf('Keras', 'Save the model again with Keras: model.save("model.keras").')
