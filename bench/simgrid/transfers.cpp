// Files of 64 KB over a gigabit link onto a disk, four streams, in SimGrid 4.1: the peer of `devicesim bench --only simgrid`.
//
//     g++ -O3 -std=c++17 transfers.cpp -lsimgrid -o transfers
//     DEVICESIM_SIMGRID=./transfers devicesim bench --only simgrid --long
//
// Prints the simulated time and the CPU time of the simulation alone. Each file is one communication and one write:
// a simpler model than the core's five RPCs through link, cores, buffer and store.
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#if SIMGRID_VERSION_MAJOR < 4 || (SIMGRID_VERSION_MAJOR == 4 && SIMGRID_VERSION_MINOR < 1)
#error "SimGrid 4.1 or later: in 3.32 a mix of communications and writes takes time that grows faster than their number"
#endif

namespace sg4 = simgrid::s4u;

int main(int argc, char** argv)
{
  sg4::Engine engine(&argc, argv);
  sg4::Engine::set_config("network/model:CM02");
  const long files = argc > 1 ? std::atol(argv[1]) : 10000;
  constexpr int streams = 4;
  constexpr unsigned long size = 65536;

  auto* zone = engine.get_netzone_root()->add_netzone_full("zone");
  auto* client = zone->add_host("client", 1e9);
  auto* server = zone->add_host("server", 1e9);
  auto* disk = server->add_disk("disk", 180e6, 180e6);
  auto* link = zone->add_link("link", 117e6)->set_latency(1e-4);
  zone->add_route(client, server, {link});
  zone->seal();

  long taken = 0;
  auto stream = [&]() {
    while (taken < files) {
      ++taken;
      sg4::Comm::sendto(client, server, size);
      disk->write(size);
    }
  };
  for (int k = 0; k < streams; ++k)
    client->add_actor("stream " + std::to_string(k), stream);

  const std::clock_t start = std::clock();
  engine.run();
  std::printf("%.9g %.9g\n", sg4::Engine::get_clock(), double(std::clock() - start) / CLOCKS_PER_SEC);
  return 0;
}
