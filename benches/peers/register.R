# How long R's data.table takes for what `klero ingest` and `klero outcomes` do.
#
# benches/registers.rs writes the input, runs this script in a process of its own for each form and
# task, compares what comes out with klero's, and prints times, ratios and memory:
#
#     install.packages("data.table", lib = "peers")
#     KLERO_PEERS=$PWD/peers cargo bench --bench registers
#
# By hand: Rscript register.R natural|best ingest|both FOLDER LIBRARY
#
# `natural` is what its documentation leads to: the wide table made long, runs by rleid. `best` is
# the fastest form found: numbers are read, and the runs found in the matrix. The files are those of
# register.py. Prints seconds, seconds of all cores together, and the most memory held in MB.
# Loading the package, and writing CSV to be compared, is not timed.
arguments <- commandArgs(trailingOnly = TRUE)
form <- arguments[1]
task <- arguments[2]
folder <- arguments[3]
.libPaths(c(arguments[4], .libPaths()))
suppressPackageStartupMessages(library(data.table))
at <- function(name) file.path(folder, name)

wide <- at("wide.csv")
counted <- fread(at("codes.csv"), colClasses = "character")$code
ends <- c("999" = "dead", "997" = "abroad", "998" = "pension")
header <- names(fread(wide, sep = ";", nrows = 0))
weeks <- grep("^y_", header, value = TRUE)
short <- 52L
long <- 104L

natural <- function() {
  table <- fread(wide, sep = ";", select = c(header[1], weeks), colClasses = "character",
                 na.strings = NULL)
  setnames(table, 1, "key")
  tall <- melt(table, id.vars = "key", variable.name = "column", value.name = "code")
  setorder(tall, key, column)
  tall[, run := rleid(key, code)]
  tall[, .(key = key[1], first = as.integer(column[1]) - 1L, weeks = .N, code = code[1]),
       by = run][, run := NULL][]
}

best <- function() {
  types <- list(character = header[1], integer = weeks)
  table <- fread(wide, sep = ";", select = types)
  keys <- table[[1]]
  codes <- as.matrix(table[, -1])
  rm(table)
  codes[is.na(codes)] <- 0L
  codes <- as.vector(t(codes))
  n <- length(weeks)
  start <- c(TRUE, codes[-1] != codes[-length(codes)])
  start[seq(1, length(codes), by = n)] <- TRUE
  start <- which(start)
  code <- codes[start]
  made <- list(key = keys[(start - 1L) %/% n + 1L], first = (start - 1L) %% n,
               weeks = diff(c(start, length(codes) + 1L)),
               code = ifelse(code == 0L, "", sprintf("%03d", code)))
  setDT(made)[]
}

outcomes <- function(spells) {
  dates <- fread(at("dates.csv"), colClasses = c(referral = "character", date = "IDate"))
  dates <- dates[, .(key = referral, zero = as.integer(date - as.IDate("1991-08-05")) %/% 7L)]
  both <- spells[dates, on = "key", nomatch = NULL]
  both[, `:=`(last = first + weeks - 1L, begin = pmax(first, zero + 1L))]
  both[, inside := fifelse(code %chin% counted, pmax(pmin(last, zero + short) - begin + 1L, 0L), 0L)]
  made <- both[, .(weeks = sum(inside)), by = key]
  met <- both[code %chin% c(counted, names(ends)) & begin <= pmin(last, zero + long)]
  setorder(met, key, first)
  event <- met[, .(first = min(begin - zero), code = code[1]), by = key]
  made <- event[made, on = "key"]
  made[, status := fifelse(is.na(code), "censored", fcoalesce(unname(ends[code]), "event"))]
  made[is.na(first), first := long]
  setorder(made, key)
  made[, .(key, weeks, first, status)]
}

cores <- function(time) time[["user.self"]] + time[["sys.self"]]
begin <- proc.time()
spells <- if (form == "natural") natural() else best()
made <- if (task == "both") outcomes(spells)
time <- proc.time() - begin
peak <- tryCatch({
  line <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) * 1024 / 1e6
}, error = function(e) NaN, warning = function(w) NaN)
cat(sprintf("%.3f\t%.3f\t%.0f\n", time[["elapsed"]], cores(time), peak))

write <- function(table, what)
  fwrite(table, at(sprintf("%s-data.table-%s.csv", what, form)), quote = FALSE)
write(setorder(spells, key, first), "spells")
if (!is.null(made)) write(made, "outcomes")
