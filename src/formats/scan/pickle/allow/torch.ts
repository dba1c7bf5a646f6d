import {
  any,
  args,
  bool,
  bytes,
  dict,
  either,
  int,
  list,
  matching,
  noArguments,
  none,
  oneOf,
  rest,
  type Shape,
  text,
  tuple,
  tupleOf,
} from '../shapes.ts'
import { TORCH_CLASSES } from '../tables/torch.ts'
import { QUANTIZED_CLASSES, VISION_CLASSES } from '../tables/vision.ts'
import { classOf, type Entry, each, func, plainClass, type Table, value } from './entry.ts'

const STORAGES =
  'FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ' +
  'ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage QInt8Storage QInt32Storage QUInt8Storage ' +
  'QUInt4x2Storage QUInt2x4Storage'
const TENSORS =
  'FloatTensor DoubleTensor HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor CharTensor ByteTensor BoolTensor'
const DTYPES =
  'float16 float32 float64 bcomplex32 half float double bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 short int ' +
  'long bool complex32 complex64 complex128 chalf cfloat cdouble qint8 quint8 qint32 quint4x2 quint2x4 float8_e4m3fn ' +
  'float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 bits8 bits16 bits1x8 bits2x4 bits4x2 ' +
  'int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7'
const QSCHEMES =
  'per_tensor_affine per_tensor_symmetric per_channel_affine per_channel_symmetric per_channel_affine_float_qparams'
const LAYOUTS = 'strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc jagged'

const hooks: Shape = oneOf(dict, none, node => node.kind === 'call')
const sizes = oneOf(tupleOf(int), node => node.kind === 'call')
const device = matching(/^[a-z]{1,20}(:\d{1,3})?$/)

/** The functions that rebuild tensors, with the arguments that `Tensor.__reduce_ex__` gives them. */
const REBUILD: Record<string, Entry> = {
  _rebuild_tensor: func(args([any, int, sizes, sizes])),
  _rebuild_tensor_v2: func(args([any, int, sizes, sizes, bool, hooks, any], 6)),
  _rebuild_tensor_v3: func(args([any, int, sizes, sizes, bool, hooks, any, any], 7)),
  _rebuild_parameter: func(args([any, bool, hooks])),
  _rebuild_parameter_with_state: func(args([any, bool, hooks, any])),
  _rebuild_qtensor: func(args([any, int, sizes, sizes, tuple, bool, hooks])),
  _rebuild_sparse_tensor: func(args([any, tuple])),
  _rebuild_sparse_csr_tensor: func(args([any, tuple])),
  _rebuild_nested_tensor: func(rest(any)),
  _rebuild_meta_tensor_no_storage: func(args([any, sizes, sizes, bool])),
  _rebuild_device_tensor_from_numpy: func(args([any, any, any, bool])),
  _rebuild_device_tensor_from_cpu_tensor: func(args([any, any, any, bool])),
  _rebuild_wrapper_subclass: func(rest(any)),
  _rebuild_xla_tensor: func(args([any, any, any, bool])),
}

const classes: Table = Object.fromEntries(
  [TORCH_CLASSES, VISION_CLASSES, QUANTIZED_CLASSES].flatMap(table =>
    Object.entries(table).map(([module, names]) => [module, each(names, plainClass)]),
  ),
)
/** `torch.optim.Muon` and others are named as they are imported. */
const optimizers = Object.entries(TORCH_CLASSES)
  .filter(([module]) => /^torch\.optim\.(?!lr_scheduler|swa_utils|_stateless)/.test(module))
  .map(([, names]) => names)
  .join(' ')

const reduced = either(noArguments, rest(int))

export const TORCH: Table = {
  ...classes,
  torch: {
    ...each(STORAGES, plainClass),
    ...each(TENSORS, classOf(noArguments)),
    ...each(DTYPES, value),
    ...each(QSCHEMES, value),
    ...each(LAYOUTS, value),
    ...each('contiguous_format preserve_format channels_last channels_last_3d', value),
    ...each('relu sigmoid tanh', value),
    Tensor: plainClass,
    Size: classOf(args([oneOf(tupleOf(int), list)], 0)),
    device: classOf(args([device, int], 1)),
    Generator: plainClass,
    finfo: plainClass,
    iinfo: plainClass,
  },
  'torch.cuda': each([STORAGES, TENSORS].join(' '), plainClass),
  'torch.storage': {
    TypedStorage: plainClass,
    UntypedStorage: plainClass,
    _TypedStorage: plainClass,
    _UntypedStorage: plainClass,
    // Loads a whole PyTorch file out of the bytes: which is scanned as one.
    _load_from_bytes: func(args([bytes])),
  },
  'torch._utils': REBUILD,
  'torch._tensor': { _rebuild_from_type_v2: func(args([any, any, tuple, any])), Tensor: plainClass },
  'torch.tensor': { _rebuild_from_type_v2: func(args([any, any, tuple, any])), Tensor: plainClass },
  'torch.serialization': {
    _get_layout: func(args([matching(/^torch\.[a-z_]+$/)])),
    _get_dtype: func(args([matching(/^torch\.[a-z0-9_]+$/)])),
  },
  'torch.nn.parameter': {
    ...each('Parameter Buffer', plainClass),
    ...each('UninitializedParameter UninitializedBuffer', classOf(args([bool], 0))),
    ParameterDict: plainClass,
  },
  'torch.nn': { Parameter: plainClass },
  'torch.nn.parallel.data_parallel': { DataParallel: plainClass },
  'torch.nn.modules.module': { ...(classes['torch.nn.modules.module'] ?? {}), _WrappedHook: plainClass },
  'torch.utils.hooks': { RemovableHandle: plainClass },
  'torch.optim': each(optimizers, plainClass),
  'torchvision.models.optical_flow.raft': {
    ...(classes['torchvision.models.optical_flow.raft'] ?? {}),
    _pass_through_h: value,
  },
  'torchvision.ops.boxes': each('box_iou generalized_box_iou nms batched_nms clip_boxes_to_image', value),
  'torchvision.transforms.functional': { InterpolationMode: classOf(args([text])) },
  'torch.nn.functional': each('relu gelu silu leaky_relu elu selu tanh sigmoid softmax log_softmax', value),
  'torch.nn.backends.thnn': { _get_thnn_function_backend: func(noArguments) },
  'torch.optim.lr_scheduler': {
    ...(classes['torch.optim.lr_scheduler'] ?? {}),
    _enable_get_lr_call: plainClass,
    ...each(
      'CyclicLR._triangular_scale_fn CyclicLR._triangular2_scale_fn CyclicLR._exp_range_scale_fn',
      value,
    ),
  },
  'torch.amp.grad_scaler': {
    GradScaler: plainClass,
    OptState: classOf(reduced),
    _refresh_per_optimizer_state: value,
  },
  'torch.cuda.amp.grad_scaler': { GradScaler: plainClass, _refresh_per_optimizer_state: value },
  'torch.jit._pickle': {
    ...each('build_intlist build_doublelist build_boollist build_tensorlist', func(args([list]))),
    build_tensor_from_id: func(args([int])),
    restore_type_tag: func(args([any, text])),
  },
}
