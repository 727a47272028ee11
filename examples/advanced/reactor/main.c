#include "board.h"
#include "reactor.flare.h"

int main(int argc, char **argv)
{
    return flare_main_with_guest(argc, argv, &board_service, &board_guest);
}
