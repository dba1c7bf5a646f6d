/**
 * Modules of Python's standard library (`sys.stdlib_module_names` of 3.11, and those of other releases since 2.7).
 * What of them no table vouches for has no place in a model.
 */
export const STANDARD_MODULES: ReadonlySet<string> = new Set(
  `
  Bastion Queue SocketServer StringIO UserDict UserList UserString __builtin__ __future__ __main__ _abc
  _aix_support _android_support _apple_support _ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess
  _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections
  _collections_abc _colorize _compat_pickle _compression _contextvars _crypt _csv _ctypes _ctypes_test
  _curses _curses_panel _datetime _dbm _decimal _elementtree _frozen_importlib _frozen_importlib_external
  _functools _gdbm _hashlib _heapq _imp _interpchannels _interpqueues _interpreters _io _ios_support _json
  _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _operator
  _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydecimal _pyio _pyrepl _queue
  _random _remote_debugging _scproxy _sha1 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3
  _sre _ssl _stat _statistics _string _strptime _struct _suggestions _symtable _sysconfig _testcapi
  _testinternalcapi _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings
  _weakref _weakrefset _winapi _xxinterpchannels _xxsubinterpreters _zoneinfo abc aifc annotationlib
  antigravity anydbm argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii
  binhex bisect builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code codecs
  codeop collections colorsys commands compileall compression concurrent configparser contextlib
  contextvars copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib
  dircache dis distutils dl doctest dummy_thread dummy_threading email encodings ensurepip enum errno
  faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions ftplib functools gc
  genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html htmllib http httplib
  idlelib ihooks imaplib imghdr imp importlib imputil inspect interpreters io ipaddress itertools json
  keyword lib2to3 linecache locale logging lzma macpath macurl2path mailbox mailcap marshal math md5
  mimetools mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc new nis nntplib nt ntpath
  nturl2path numbers opcode operator optparse os os2emxpath ossaudiodev parser pathlib pdb pickle
  pickletools pipes pkgutil platform plistlib popen2 poplib posix posixfile posixpath pprint profile
  pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib
  resource rexec rfc822 rlcompleter runpy sched secrets select selectors sets sgmllib sha shelve shlex
  shutil signal site sitecustomize smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
  sre_constants sre_parse ssl stat statistics string string.templatelib stringprep struct subprocess sunau
  symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this
  thread threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle
  turtledemo types typing unicodedata unittest urllib urllib2 user usercustomize uu uuid venv warnings
  wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
`
    .trim()
    .split(/\s+/),
)
