-- What the seed offers as an option: nobody is twice in a section, at the master.
ALTER TABLE registrations ADD CONSTRAINT uniq_master_reg UNIQUE (stno, sec_no);
