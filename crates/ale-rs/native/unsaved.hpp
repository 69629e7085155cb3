// What ALE leaves out of its saved states although the game can go on differently without it: the unfinished frame (the
// television picture of Q*bert has some), the two frame buffers, and what the graphics chip, the processor and the bus
// last saw. Without it Q*bert, put back into another console, plays differently from the first frame on.

#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "ale/ale_interface.hpp"
#include "ale/emucore/Console.hxx"
#include "ale/emucore/Deserializer.hxx"
#include "ale/emucore/M6502.hxx"
#include "ale/emucore/Serializer.hxx"
#include "ale/emucore/System.hxx"
#include "ale/emucore/TIA.hxx"

namespace unsaved {

using namespace ale::stella;

// An explicit instantiation may name private members; this one hands them out as open(NAME{}).
template <typename Name, auto Member>
struct Open {
  friend auto open(Name) { return Member; }
};
#define OPEN(NAME, MEMBER)                             \
  struct NAME { friend auto open(NAME); };             \
  template struct Open<NAME, MEMBER>;

OPEN(Partial, &TIA::myPartialFrameFlag)
OPEN(Greyed, &TIA::myFrameGreyed)
OPEN(Current, &TIA::myCurrentFrameBuffer)
OPEN(Previous, &TIA::myPreviousFrameBuffer)
OPEN(Pointer, &TIA::myFramePointer)
OPEN(BallMask, &TIA::myCurrentBLMask)
OPEN(Missile0Mask, &TIA::myCurrentM0Mask)
OPEN(Missile1Mask, &TIA::myCurrentM1Mask)
OPEN(Player0Mask, &TIA::myCurrentP0Mask)
OPEN(Player1Mask, &TIA::myCurrentP1Mask)
OPEN(PlayfieldMask, &TIA::myCurrentPFMask)
OPEN(BallTable, &TIA::ourBallMaskTable)
OPEN(MissileTable, &TIA::ourMissleMaskTable)
OPEN(PlayerTable, &TIA::ourPlayerMaskTable)
OPEN(PlayfieldTable, &TIA::ourPlayfieldTable)
OPEN(DisabledTable, &TIA::ourDisabledMaskTable)
OPEN(Bus, &System::myDataBusState)
OPEN(LastWasRead, &M6502::myLastAccessWasRead)
#undef OPEN

constexpr size_t BUFFER = 160 * 300;  // as the TIA allocates them
constexpr int DISABLED = -1;

inline TIA& tia_of(ale::ALEInterface& ale) { return dynamic_cast<TIA&>(ale.theOSystem->console().mediaSource()); }

// A pointer into a table as its place there; all of a disabled object's table is zero.
template <typename Table, typename Item>
int place(const Table* table, const Item* item) {
  const auto* first = reinterpret_cast<const Item*>(table);
  return item >= first && item < first + sizeof(Table) / sizeof(Item) ? static_cast<int>(item - first) : DISABLED;
}

template <typename Item, typename Table>
const Item* item(const Table* table, int place) {
  if (place == DISABLED) return reinterpret_cast<const Item*>(open(DisabledTable{}));
  if (place < 0 || static_cast<size_t>(place) >= sizeof(Table) / sizeof(Item)) throw std::runtime_error("damaged state");
  return reinterpret_cast<const Item*>(table) + place;
}

inline void save(ale::ALEInterface& ale, Serializer& out) {
  TIA& tia = tia_of(ale);
  out.putBool(tia.*open(Partial{}));
  out.putBool(tia.*open(Greyed{}));
  out.putInt(static_cast<int>(tia.*open(Pointer{}) - tia.*open(Current{})));
  out.putString(std::string(reinterpret_cast<char*>(tia.*open(Current{})), BUFFER));
  out.putString(std::string(reinterpret_cast<char*>(tia.*open(Previous{})), BUFFER));
  out.putInt(place(open(BallTable{}), tia.*open(BallMask{})));
  out.putInt(place(open(MissileTable{}), tia.*open(Missile0Mask{})));
  out.putInt(place(open(MissileTable{}), tia.*open(Missile1Mask{})));
  out.putInt(place(open(PlayerTable{}), tia.*open(Player0Mask{})));
  out.putInt(place(open(PlayerTable{}), tia.*open(Player1Mask{})));
  out.putInt(place(open(PlayfieldTable{}), tia.*open(PlayfieldMask{})));
  System& system = ale.theOSystem->console().system();
  out.putInt(system.*open(Bus{}));
  out.putBool(system.m6502().*open(LastWasRead{}));
}

// Puts back what `save` wrote, and the screen with it.
inline void load(ale::ALEInterface& ale, Deserializer& in) {
  TIA& tia = tia_of(ale);
  tia.*open(Partial{}) = in.getBool();
  tia.*open(Greyed{}) = in.getBool();
  const int pointer = in.getInt();
  const std::string current = in.getString(), previous = in.getString();
  if (pointer < 0 || static_cast<size_t>(pointer) > BUFFER || current.size() != BUFFER || previous.size() != BUFFER)
    throw std::runtime_error("damaged state");
  tia.*open(Pointer{}) = tia.*open(Current{}) + pointer;
  std::memcpy(tia.*open(Current{}), current.data(), BUFFER);
  std::memcpy(tia.*open(Previous{}), previous.data(), BUFFER);
  tia.*open(BallMask{}) = item<uint8_t>(open(BallTable{}), in.getInt());
  tia.*open(Missile0Mask{}) = item<uint8_t>(open(MissileTable{}), in.getInt());
  tia.*open(Missile1Mask{}) = item<uint8_t>(open(MissileTable{}), in.getInt());
  tia.*open(Player0Mask{}) = item<uint8_t>(open(PlayerTable{}), in.getInt());
  tia.*open(Player1Mask{}) = item<uint8_t>(open(PlayerTable{}), in.getInt());
  tia.*open(PlayfieldMask{}) = item<uint32_t>(open(PlayfieldTable{}), in.getInt());
  System& system = ale.theOSystem->console().system();
  system.*open(Bus{}) = static_cast<uint8_t>(in.getInt());
  system.m6502().*open(LastWasRead{}) = in.getBool();
  const ale::ALEScreen& screen = ale.getScreen();
  std::memcpy(screen.getArray(), current.data(), screen.arraySize());
}

}  // namespace unsaved
