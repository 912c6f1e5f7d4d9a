# The SAS files, from the CSV files of make.py; the codes of wide-text.sas7bdat are texts.
# Rscript make.R        (R 4.2.2, haven 2.5.1 of Debian, whose ReadStat writes SAS files)
suppressMessages(library(haven))
read <- function(name, types)
  read.csv2(name, dec = ".", colClasses = types, na.strings = "", encoding = "UTF-8")
write <- function(data, name) suppressWarnings(write_sas(data, name))
table <- read("table.csv", c(key = "character", number = "numeric", code = "numeric",
  amount = "numeric", day = "Date", member = "numeric", place = "character", note = "character"))
# A tagged missing value, .A to .Z, is missing like `.`.
table$code[is.na(table$code)] <- tagged_na("B")
write(table, "table.sas7bdat")
write(table[0, ], "none.sas7bdat")
wide <- read("wide.csv", c(pnr = "character"))
for (column in names(wide)[-1]) wide[[column]] <- as.numeric(wide[[column]])
write(wide, "wide.sas7bdat")
for (column in names(wide)[-1]) wide[[column]] <- ifelse(is.na(wide[[column]]), "", wide[[column]])
write(wide, "wide-text.sas7bdat")
