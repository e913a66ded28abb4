/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does what it is told: commands come on standard input, one to a line, and each is
 * answered by a line when it is done. It ends with its input.
 *
 *   grow BYTES       takes so much anonymous memory
 *   share BYTES      takes so much shared memory, which is a file to the kernel
 *   burn MSEC        uses so much CPU time
 *   thread           starts a thread that sleeps; the answer is its number
 *   fork             starts a child that sleeps; the answer is its number
 *   bomb             forks as fast as it may, and so do its children; no answer
 *   ignore           ignores SIGTERM
 *   finish FILE      ends at SIGTERM only after a while, having written FILE
 *   append FILE      writes to FILE until that does not block any more
 *   beat FILE        holds the file "FILE.data" in memory, and every 100 ms reads a part of it and
 *                    writes to FILE how often it did, and the longest time from one to the next in
 *                    milliseconds; no answer
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char last_file[256];

static void
pause_msec (long msec)
{
  struct timespec time = { .tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000 };

  nanosleep (&time, NULL);
}

static long
touch (void *memory, size_t size)
{
  if (memory == MAP_FAILED)
    return -1;
  memset (memory, 1, size);
  return 0;
}

static long
do_grow (const char *argument)
{
  size_t size = strtoul (argument, NULL, 10);

  return touch (mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                size);
}

static long
do_share (const char *argument)
{
  size_t size = strtoul (argument, NULL, 10);

  return touch (mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), size);
}

static long
do_burn (const char *argument)
{
  clock_t end = clock () + strtol (argument, NULL, 10) * (CLOCKS_PER_SEC / 1000);

  while (clock () < end)
    continue;
  return 0;
}

static void
sleep_forever (void)
{
  for (;;)
    pause ();
}

static void *
run_thread (void *data)
{
  long *number = data;

  __atomic_store_n (number, syscall (SYS_gettid), __ATOMIC_SEQ_CST);
  sleep_forever ();
  return NULL;
}

static long
do_thread (const char *argument)
{
  static long number;
  pthread_t thread;

  number = 0;
  if (pthread_create (&thread, NULL, run_thread, &number) != 0)
    return -1;
  while (__atomic_load_n (&number, __ATOMIC_SEQ_CST) == 0)
    pause_msec (1);
  return number;
}

static long
do_fork (const char *argument)
{
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    sleep_forever ();
  }
  return pid;
}

static long
do_bomb (const char *argument)
{
  signal (SIGCHLD, SIG_IGN);
  for (;;) {
    fork ();
    pause_msec (1);
  }
  return 0;
}

static long
do_ignore (const char *argument)
{
  return signal (SIGTERM, SIG_IGN) == SIG_ERR;
}

static void
on_term (int number)
{
  int fd;

  pause_msec (500);
  fd = open (last_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  _exit (fd < 0 || write (fd, "done\n", 5) < 0);
}

static long
do_finish (const char *argument)
{
  snprintf (last_file, sizeof last_file, "%s", argument);
  return signal (SIGTERM, on_term) == SIG_ERR;
}

static long
do_append (const char *argument)
{
  int fd = open (argument, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

  if (fd < 0 || write (fd, "word\n", 5) < 0)
    return -1;
  close (fd);
  return 0;
}

static long
get_msec (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* A byte of each of @count pages from the page @from on, around the end. */
static unsigned
read_pages (const unsigned char *memory, size_t n_pages, size_t from, size_t count)
{
  unsigned sum = 0;

  for (size_t i = 0; i < count; i++)
    sum += memory[(from + i) % n_pages * 4096];
  return sum;
}

static const unsigned char *
map_data (const char *name, size_t *ret_n_pages)
{
  char path[256];
  struct stat info;
  int fd;
  void *memory;

  snprintf (path, sizeof path, "%s.data", name);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &info) < 0)
    return NULL;
  memory = mmap (NULL, (size_t) info.st_size, PROT_READ, MAP_SHARED, fd, 0);
  close (fd);
  *ret_n_pages = (size_t) info.st_size / 4096;
  return memory != MAP_FAILED ? memory : NULL;
}

static void
say_beat (int fd, long count, long longest)
{
  char text[64];
  int length = snprintf (text, sizeof text, "%10ld %10ld\n", count, longest);

  if (pwrite (fd, text, (size_t) length, 0) != length)
    abort ();
}

static long
do_beat (const char *argument)
{
  size_t n_pages, parts = 32;
  const unsigned char *memory = map_data (argument, &n_pages);
  int fd = open (argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  long before, longest = 0;
  volatile unsigned sum;

  if (memory == NULL || fd < 0)
    return -1;
  sum = read_pages (memory, n_pages, 0, n_pages);
  before = get_msec ();
  for (long count = 1;; count++) {
    long now;

    pause_msec (100);
    sum = read_pages (memory, n_pages, (size_t) count * n_pages / parts, n_pages / parts);
    now = get_msec ();
    longest = now - before > longest ? now - before : longest;
    before = now;
    say_beat (fd, count, longest);
  }
  return (long) sum;
}

static const struct {
  const char *name;
  long (*act) (const char *argument);
} commands[] = {
  { "grow", do_grow },     { "share", do_share }, { "burn", do_burn },     { "thread", do_thread },
  { "fork", do_fork },     { "bomb", do_bomb },   { "ignore", do_ignore }, { "finish", do_finish },
  { "append", do_append }, { "beat", do_beat },
};

static long
act (char *line)
{
  char *argument = strchr (line, ' ');

  if (argument != NULL)
    *argument++ = '\0';
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (strcmp (commands[i].name, line) == 0)
      return commands[i].act (argument);
  return -1;
}

int
main (void)
{
  char line[512];

  while (fgets (line, sizeof line, stdin) != NULL) {
    line[strcspn (line, "\n")] = '\0';
    printf ("%ld\n", act (line));
    fflush (stdout);
  }
  return EXIT_SUCCESS;
}
