// What ALE calls of zlib, without it: ROMs are read as they are, and PNG files are not written.
#pragma once

#include <cstdio>

using gzFile = std::FILE*;
using uLongf = unsigned long;
constexpr int Z_OK = 0;

inline gzFile gzopen(const char* path, const char* mode) { return std::fopen(path, mode); }
inline int gzread(gzFile file, void* to, unsigned size) { return static_cast<int>(std::fread(to, 1, size, file)); }
inline int gzclose(gzFile file) { return std::fclose(file); }

inline unsigned long crc32(unsigned long, const unsigned char*, unsigned) { return 0; }
inline int compress(unsigned char*, uLongf*, const unsigned char*, unsigned long) { return -1; }
