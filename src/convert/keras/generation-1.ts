import type { Json } from '../../core/index.ts'
import { Refusal } from '../refusals.ts'
import { isObject, type JsonObject } from './config.ts'

/** Layers of Keras 1 by what Keras 2 calls them. */
const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  Deconvolution2D: 'Conv2DTranspose',
}

/** Ways of `Merge` that have a layer of their own since. */
const MERGES: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  ave: 'Average',
  max: 'Maximum',
  concat: 'Concatenate',
}

/** Layers whose config means the same, once its entries have their later names. */
const SAME =
  'Activation AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Cropping1D Cropping2D Cropping3D Dense ' +
  'Dropout ELU Embedding Flatten GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D ' +
  'GlobalMaxPooling1D GlobalMaxPooling2D InputLayer LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D PReLU Permute ' +
  'RepeatVector Reshape SpatialDropout1D SpatialDropout2D SpatialDropout3D ThresholdedReLU TimeDistributed UpSampling1D ' +
  'UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Sequential Model'
const KNOWN: ReadonlySet<string> = new Set([...SAME.split(' '), ...Object.keys(CLASSES)])

/** Entries of configs by their later names. */
const ENTRIES: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  border_mode: 'padding',
  subsample: 'strides',
  subsample_length: 'strides',
  stride: 'strides',
  pool_length: 'pool_size',
  atrous_rate: 'dilation_rate',
  bias: 'use_bias',
  concat_axis: 'axis',
}

/** A layer of Keras 1 as Keras 2 would have serialized it. Throws Refusal for those that it cannot be said of. */
export function modernized(serialized: JsonObject): JsonObject {
  const className = String(serialized['class_name'])
  const config = isObject(serialized['config']) ? serialized['config'] : {}
  if (className === 'Merge') return merged(serialized, config)
  if (!KNOWN.has(className))
    throw new Refusal('a layer of Keras 1', 'Load the model with Keras 2, and save it again.')
  if (config['dim_ordering'] === 'th')
    throw new Refusal("dim_ordering='th'", 'Load the model with Keras 2 on TensorFlow, and save it again.')
  if (className === 'BatchNormalization' && config['mode'] === 1) throw new Refusal('mode=1')
  return {
    ...serialized,
    class_name: Object.hasOwn(CLASSES, className) ? CLASSES[className]! : className,
    config: renamed(className, config),
  }
}

function renamed(className: string, config: JsonObject): JsonObject {
  const entries = Object.entries(config).map(([key, value]): readonly [string, Json] => {
    if (key === 'output_dim' && className === 'Dense') return ['units', value]
    return [Object.hasOwn(ENTRIES, key) ? ENTRIES[key]! : key, value]
  })
  return Object.fromEntries(entries)
}

function merged(serialized: JsonObject, config: JsonObject): JsonObject {
  const mode = String(config['mode'])
  if (!Object.hasOwn(MERGES, mode))
    throw new Refusal(`mode='${mode.slice(0, 40)}'`, 'Load the model with Keras 2, and save it again.')
  return { ...serialized, class_name: MERGES[mode]!, config: renamed('Merge', config) }
}
