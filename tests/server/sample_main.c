#include "sample.h"

int main(int argc, char **argv)
{
    return flare_main(argc, argv, &sample_service);
}
