// The C face of ALE that src/ffi.rs declares. No exception leaves it: where one can arise, the function says that it
// failed and ale_c_error says why.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "ale/ale_interface.hpp"
#include "ale/emucore/Console.hxx"
#include "ale/emucore/Deserializer.hxx"
#include "ale/emucore/Props.hxx"
#include "ale/emucore/Serializer.hxx"
#include "unsaved.hpp"

namespace {

using namespace ale;

thread_local std::string last_error;

// Runs `work`; gives `failed` and keeps the reason if it throws.
template <typename Value, typename Work>
Value guarded(Value failed, Work work) noexcept {
  try {
    return work();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (const char* error) {  // ALE's Deserializer throws these
    last_error = error;
  } catch (...) {
    last_error = "unknown error";
  }
  return failed;
}

// ALE's knowledge of the game: by the ROM's MD5, else, for a dump that ALE does not list, by the game's name.
std::unique_ptr<RomSettings> settings_of(const std::string& md5, const std::string& game) {
  std::unique_ptr<RomSettings> settings(buildRomRLWrapper("", md5));
  if (settings && settings->rom() != game)
    throw std::runtime_error("it is the ROM of " + std::string(settings->rom()));
  if (!settings) settings.reset(buildRomRLWrapper(game, md5));
  if (!settings) throw std::runtime_error("ALE knows neither its MD5 (" + md5 + ") nor a game of that name");
  return settings;
}

}  // namespace

struct ale_c_console {
  ALEInterface ale;
  std::string loaded;  // its state after loading
  std::string saved;   // what ale_c_save gave last

  // As ALEInterface::loadROM, which ends the process where this throws.
  ale_c_console(const char* file, const char* game, int32_t seed) {
    ale.setInt("random_seed", seed);
    ale.setFloat("repeat_action_probability", 0.0f);
    ale.setInt("frame_skip", 1);
    ale.setInt("max_num_frames_per_episode", 0);
    ale.setBool("color_averaging", false);
    ale.setBool("display_screen", false);
    ale.setBool("sound", false);
    stella::OSystem& system = *ale.theOSystem;
    system.create();
    if (!system.createConsole(file)) throw std::runtime_error("no ROM of this size and content is known");
    system.colourPalette().setPalette("standard", system.console().getFormat());
    ale.romSettings = settings_of(md5(), game);
    ale.romSettings->modifyEnvironmentSettings(system.settings());
    ale.environment = std::make_unique<StellaEnvironment>(&system, ale.romSettings.get());
    ale.max_num_frames = 0;
    ale.reset_game();
    loaded = save();
  }

  std::string md5() const { return ale.theOSystem->console().properties().get(stella::Cartridge_MD5); }

  // ALE's own state, and what it leaves out.
  std::string save() {
    stella::Serializer out;
    out.putString(md5());
    out.putString(ale.cloneSystemState().serialize());
    unsaved::save(ale, out);
    return out.get_str();
  }

  void restore(const std::string& state) {
    stella::Deserializer in(state);
    if (in.getString() != md5()) throw std::runtime_error("the state is of another ROM");
    ale.restoreSystemState(ALEState(in.getString()));
    unsaved::load(ale, in);
  }
};

extern "C" {

#define FACE __attribute__((visibility("default")))

FACE const char* ale_c_version() { return ALE_VERSION; }

// Why the last function that failed on this thread did so. Valid until the next failure.
FACE const char* ale_c_error() { return last_error.c_str(); }

// A console with the ROM in `file`, or null.
FACE ale_c_console* ale_c_load(const char* file, const char* game, int32_t seed) {
  static std::once_flag quiet;
  return guarded<ale_c_console*>(nullptr, [&] {
    std::call_once(quiet, [] { Logger::setMode(Logger::Error); });
    return new ale_c_console(file, game, seed);
  });
}

FACE void ale_c_free(ale_c_console* console) { delete console; }

// Starts the game as ALE does just after loading, whatever was played before.
FACE bool ale_c_reset(ale_c_console* console) {
  return guarded(false, [&] {
    console->restore(console->loaded);
    console->ale.reset_game();
    return true;
  });
}

// Plays a frame; `action` is one of the 18 of player A, else the console does nothing.
FACE int32_t ale_c_act(ale_c_console* console, uint8_t action) {
  return console->ale.act(action <= PLAYER_A_DOWNLEFTFIRE ? Action(action) : PLAYER_A_NOOP);
}

FACE bool ale_c_game_over(const ale_c_console* console) { return console->ale.game_over(); }
FACE int32_t ale_c_lives(const ale_c_console* console) { return console->ale.romSettings->lives(); }

FACE size_t ale_c_width(const ale_c_console* console) { return console->ale.getScreen().width(); }
FACE size_t ale_c_height(const ale_c_console* console) { return console->ale.getScreen().height(); }
// Width × height numbers of colours, row by row; they stay in this place as long as the console.
FACE const uint8_t* ale_c_screen(const ale_c_console* console) { return console->ale.getScreen().getArray(); }
// 128 bytes, which stay in this place as long as the console.
FACE const uint8_t* ale_c_ram(const ale_c_console* console) { return console->ale.getRAM().array(); }
// 0xRRGGBB of a colour; the odd number after a colour's is the same in grey.
FACE uint32_t ale_c_colour(const ale_c_console* console, uint8_t colour) {
  return console->ale.theOSystem->colourPalette().getRGB(colour);
}

// Writes the actions that matter in the game, or all, and gives their number; `actions` has room for 18.
FACE size_t ale_c_actions(const ale_c_console* console, bool minimal, uint8_t* actions) {
  return guarded<size_t>(0, [&] {
    const ActionVect set = minimal ? console->ale.getMinimalActionSet() : console->ale.getLegalActionSet();
    std::copy(set.begin(), set.begin() + std::min<size_t>(set.size(), 18), actions);
    return std::min<size_t>(set.size(), 18);
  });
}

// The console's state as bytes, or null. Valid until the next save on this console.
FACE const uint8_t* ale_c_save(ale_c_console* console, size_t* size) {
  return guarded<const uint8_t*>(nullptr, [&] {
    console->saved = console->save();
    *size = console->saved.size();
    return reinterpret_cast<const uint8_t*>(console->saved.data());
  });
}

// Puts back what ale_c_save gave for the same ROM, the screen too. The bytes must be whole: ALE does not check them.
FACE bool ale_c_restore(ale_c_console* console, const uint8_t* bytes, size_t size) {
  return guarded(false, [&] {
    console->restore(std::string(reinterpret_cast<const char*>(bytes), size));
    return true;
  });
}

}  // extern "C"
