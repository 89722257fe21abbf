#pragma once
int swkube_sandbox_main(int argc, char **argv);
